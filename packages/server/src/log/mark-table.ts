import type { Deletion } from '@tutti/core'
import type { DocumentState } from './document-table.ts'
import { letters, numberKey } from './level-keys.ts'
import type { LevelStore } from './level-store.ts'
import { sealMark } from './records.ts'

/** Which documents are marked as deleted. All of them are in memory: whoever opens a document asks, and few are. */
export class MarkTable {
  readonly #store: LevelStore
  readonly #marks: Map<number, Deletion>
  /** A write of these failed: what is on disk may be either. */
  readonly #doubtful = new Set<number>()

  constructor(store: LevelStore, marks: ReadonlyMap<number, Deletion>) {
    this.#store = store
    this.#marks = new Map(marks)
  }

  get all(): ReadonlyMap<number, Deletion> {
    return this.#marks
  }

  get(docNo: number): Deletion | null {
    return this.#marks.get(docNo) ?? null
  }

  /** Resolves when it is on disk, and counts from then on. */
  async put(document: DocumentState, deleted: Deletion | null): Promise<void> {
    const { docNo } = document
    await this.#write(docNo, deleted, () => document.removed)
    if (document.removed || deleted === null) this.#marks.delete(docNo)
    else this.#marks.set(docNo, deleted)
  }

  /** The document was removed, and its mark with it. */
  forget(docNo: number): void {
    this.#marks.delete(docNo)
    this.#doubtful.delete(docNo)
  }

  /** Once the store is well again: what was refused is taken back where it landed all the same. */
  async settle(): Promise<void> {
    for (const docNo of this.#doubtful) await this.#write(docNo, this.get(docNo), () => !this.#doubtful.has(docNo))
  }

  async #write(docNo: number, deleted: Deletion | null, isVoid: () => boolean): Promise<void> {
    const key = numberKey(letters.mark, docNo)
    try {
      await this.#store.write({
        document: null,
        fill(batch) {
          if (isVoid()) return
          if (deleted === null) batch.del(key)
          else batch.put(key, sealMark(docNo, deleted))
        },
      })
    } catch (error) {
      this.#doubtful.add(docNo)
      throw error
    }
    this.#doubtful.delete(docNo)
  }
}
