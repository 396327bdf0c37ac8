import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { Source } from './source.ts'

/**
 * What `select` makes of a source. Asked once per change of the source and of `select`; what is equal to what is shown is
 * what is shown, so that nothing renders anew for it.
 */
export function useSelected<T>(source: Source, select: () => T, isEqual: (a: T, b: T) => boolean = Object.is): T {
  const shown = useRef<{ readonly value: T } | null>(null)
  const read = useMemo(() => {
    let kept: { readonly version: number; readonly value: T } | null = null
    return (): T => {
      const { version } = source
      if (kept?.version === version) return kept.value
      const next = select()
      const before = kept ?? shown.current
      const value = before !== null && isEqual(before.value, next) ? before.value : next
      kept = { version, value }
      return value
    }
  }, [source, select, isEqual])
  const value = useSyncExternalStore(source.subscribe, read, read)
  useEffect(() => {
    shown.current = { value }
  }, [value])
  return value
}
