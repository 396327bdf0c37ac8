import type { DocName, Epoch, Seq, SessionId } from '@tutti/core'
import type { Branch, EditName, LocalDocument, LocalLog, OwnEdit, PendingCount } from './persistence/local-log.ts'

/** A device's log that is still being opened: what is asked of it meanwhile waits. */
export class DeferredLog implements LocalLog {
  readonly #opening: Promise<LocalLog>
  #opened: LocalLog | null = null

  constructor(opening: Promise<LocalLog>) {
    this.#opening = opening.then(log => {
      this.#opened = log
      return log
    })
  }

  get survives(): boolean {
    return this.#opened?.survives ?? false
  }

  async open(doc: DocName): Promise<LocalDocument> {
    return await (await this.#opening).open(doc)
  }

  async appendOwn(doc: DocName, session: SessionId, edits: readonly OwnEdit[]): Promise<void> {
    // No turn is lost once it is open: a tab may be gone in the next one.
    await (this.#opened ?? (await this.#opening)).appendOwn(doc, session, edits)
  }

  async appendRemote(doc: DocName, epoch: Epoch, bytes: Uint8Array, position: Seq, after?: Seq): Promise<void> {
    await (await this.#opening).appendRemote(doc, epoch, bytes, position, after)
  }

  async acknowledge(doc: DocName, session: SessionId, counter: number): Promise<void> {
    await (await this.#opening).acknowledge(doc, session, counter)
  }

  async pending(): Promise<ReadonlyMap<DocName, PendingCount>> {
    return await (await this.#opening).pending()
  }

  async list(): Promise<readonly DocName[]> {
    return await (await this.#opening).list()
  }

  async withdraw(doc: DocName, edits: readonly EditName[]): Promise<void> {
    await (await this.#opening).withdraw(doc, edits)
  }

  async addBranch(branch: Omit<Branch, 'id'>): Promise<Branch> {
    return await (await this.#opening).addBranch(branch)
  }

  async branches(doc?: DocName): Promise<readonly Branch[]> {
    return await (await this.#opening).branches(doc)
  }

  async removeBranch(id: string): Promise<void> {
    await (await this.#opening).removeBranch(id)
  }

  async remove(doc: DocName): Promise<void> {
    await (await this.#opening).remove(doc)
  }

  async compact(doc: DocName): Promise<void> {
    await (await this.#opening).compact(doc)
  }

  async readSetting(key: string): Promise<string | null> {
    return await (await this.#opening).readSetting(key)
  }

  async writeSetting(key: string, value: string): Promise<void> {
    await (await this.#opening).writeSetting(key, value)
  }

  async readOrCreateSetting(key: string, create: () => string): Promise<string> {
    return await (await this.#opening).readOrCreateSetting(key, create)
  }

  onLost(call: () => void): () => void {
    let isOver = false
    let stop = () => {
      isOver = true
    }
    this.#opening.then(
      log => {
        if (!isOver) stop = log.onLost(call)
      },
      () => {},
    )
    return () => stop()
  }

  async close(): Promise<void> {
    await (await this.#opening).close()
  }
}
