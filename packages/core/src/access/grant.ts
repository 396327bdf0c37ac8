import type { DocName } from '../base/id.ts'
import { isEverything, matches, type Pattern } from './pattern.ts'
import { type Permission, suffices } from './permission.ts'

/** A permission for every document whose name matches. */
export interface Grant {
  readonly documents: Pattern
  readonly permission: Permission
}

/** The highest permission any grant gives for a document; `null` when none does. */
export function permissionFor(grants: readonly Grant[], doc: DocName): Permission | null {
  let highest: Permission | null = null
  for (const { documents, permission } of grants) {
    if (!suffices(highest, permission) && matches(documents, doc)) highest = permission
  }
  return highest
}

/** The permission for the server itself, which is about every document there is: that of the grants for `**`. */
export function serverPermissionOf(grants: readonly Grant[]): Permission | null {
  let highest: Permission | null = null
  for (const { documents, permission } of grants) {
    if (!suffices(highest, permission) && isEverything(documents)) highest = permission
  }
  return highest
}
