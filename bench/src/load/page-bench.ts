/** What a page of `bench/browser` offers to the bench, as `globalThis.bench`. */
export interface PageBench {
  /** Types `count` characters, `perTask` in one task of the page, and waits until all are stored. Milliseconds. */
  edits(name: string, count: number, perTask: number): Promise<number>
  /** Stores the updates in the file at `url`, in updates of about a hundred edits. */
  fill(name: string, url: string, server?: string): Promise<void>
  /** Opens the stored document; milliseconds until its content is there, and its length. */
  open(name: string): Promise<{ ms: number; length: number }>
}
