import { equalityDeep } from 'lib0/function'
import type * as Y from 'yjs'

/**
 * Makes a change in one transaction, with the stamp of the definition if the document has none yet. Throws `RefusedWrite`,
 * and changes nothing, where the document is not at the version of the definition.
 */
export type Write = <Result>(change: () => Result) => Result

/** Writes what differs; `undefined` takes away. */
export function put(map: Y.Map<unknown>, values: Readonly<Record<string, unknown>>): void {
  for (const [name, each] of Object.entries(values)) {
    if (each === undefined) map.delete(name)
    else if (!equalityDeep(map.get(name), each)) map.set(name, each)
  }
}
