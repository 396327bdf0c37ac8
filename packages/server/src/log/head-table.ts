export const kinds = { head: 1, removed: 2, closed: 3 } as const

export interface JournalHead {
  readonly seq: number
  readonly checkpointSeq: number
  readonly link: number
}

export const noHead: JournalHead = { seq: 0, checkpointSeq: 0, link: 0 }

/** Document number → the furthest head that was told of it, or that it was removed; 21 bytes each. */
export class HeadTable {
  size = 0
  #kinds = new Uint8Array(64)
  #links = new Uint32Array(64)
  #seqs = new Float64Array(64)
  #checkpoints = new Float64Array(64)

  kind(docNo: number): number {
    return this.#kinds[docNo] ?? 0
  }

  head(docNo: number): JournalHead {
    return {
      seq: this.#seqs[docNo] as number,
      checkpointSeq: this.#checkpoints[docNo] as number,
      link: this.#links[docNo] as number,
    }
  }

  set(kind: number, docNo: number, { seq, link, checkpointSeq }: JournalHead): void {
    this.#room(docNo)
    if (docNo >= this.size) this.size = docNo + 1
    if (this.#kinds[docNo] === kinds.removed) return
    this.#kinds[docNo] = kind
    if (checkpointSeq > (this.#checkpoints[docNo] as number)) this.#checkpoints[docNo] = checkpointSeq
    if (seq < (this.#seqs[docNo] as number)) return
    this.#seqs[docNo] = seq
    this.#links[docNo] = link
  }

  #room(docNo: number) {
    if (docNo < this.#kinds.length) return
    const length = Math.max(docNo + 1, this.#kinds.length * 2)
    const grow = <T extends Uint8Array | Uint32Array | Float64Array>(grown: T, old: T) => {
      grown.set(old)
      return grown
    }
    this.#kinds = grow(new Uint8Array(length), this.#kinds)
    this.#links = grow(new Uint32Array(length), this.#links)
    this.#seqs = grow(new Float64Array(length), this.#seqs)
    this.#checkpoints = grow(new Float64Array(length), this.#checkpoints)
  }
}
