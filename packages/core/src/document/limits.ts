/** What one update and one document may be. Each limit is named for what it protects (SPEC UPD6). */
export interface UpdateLimits {
  /** Bytes of one update: a frame. */
  readonly maxBytes: number
  /** Structs of one update: the time one message may take. */
  readonly maxStructs: number
  /** Deleted ranges of one update. High: a returning client names every deletion of the document. */
  readonly maxDeletes: number
  /** Client ids one update may introduce: every later edit pays for each. */
  readonly maxNewClients: number
  /** Client ids of one document. */
  readonly maxClients: number
  /** Shared types nested in each other: beyond about 2,000 a document can never be loaded again. */
  readonly maxTypeDepth: number
  /** Arrays and objects nested in each other in one plain value. */
  readonly maxValueDepth: number
  /** Values in the JSON texts of one update: embeds, format marks, and what very old clients wrote. */
  readonly maxJsonValues: number
  /** Bytes of a root name, map key, attribute or format name. */
  readonly maxNameBytes: number
}

export const wireLimits: UpdateLimits = {
  maxBytes: 8 * 1024 * 1024,
  maxStructs: 50_000,
  maxDeletes: 250_000,
  maxNewClients: 1_000,
  maxClients: 50_000,
  maxTypeDepth: 100,
  maxValueDepth: 64,
  maxJsonValues: 500_000,
  maxNameBytes: 4_096,
}

/**
 * For what a peer holds and has not told yet: a whole document may come in one message. It is read in one go, and taken
 * in as many as `wireLimits` asks for.
 */
export const resyncLimits: UpdateLimits = { ...wireLimits, maxStructs: 500_000, maxDeletes: 500_000 }

/** For what this house stored itself after the gate had seen it: bounded by bytes only. */
export const storedLimits: UpdateLimits = {
  ...wireLimits,
  maxBytes: 2 ** 31,
  maxStructs: 2 ** 31,
  maxDeletes: 2 ** 31,
  maxJsonValues: 2 ** 31,
  maxNewClients: 2 ** 31,
  maxClients: 2 ** 31,
}

/** Names that would reach into a prototype when an app copies content into plain objects. */
export const forbiddenNames: readonly string[] = ['__proto__', 'constructor', 'prototype']
