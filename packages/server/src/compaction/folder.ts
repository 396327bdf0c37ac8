import type { Content } from '../content/content.ts'

/** Folds a Yjs V1 update through a `Y.Doc`; rejects when that takes more than its budget of time and memory. */
export type Folder = Pick<Content, 'fold' | 'close'>
