/** What somebody may do with a document, each with everything before it. */
export type Permission = 'read' | 'write' | 'admin'

/** The permissions, lowest first. */
export const permissions: readonly Permission[] = ['read', 'write', 'admin']

/** Whether who holds `held` may do what needs `needed`. */
export function suffices(held: Permission | null, needed: Permission): boolean {
  return held !== null && permissions.indexOf(held) >= permissions.indexOf(needed)
}
