import { type RefObject, useInsertionEffect, useRef } from 'react'

/** What was rendered last, for listeners that outlive a render. Set before any other effect of the commit runs. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value)
  useInsertionEffect(() => {
    latest.current = value
  }, [value])
  return latest
}
