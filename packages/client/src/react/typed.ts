'use client'

import { type DocumentDefinition, type Fields, openTyped, standingOf, type TypedDocument } from '@tutti/core/typed'
import { equalityDeep } from 'lib0/function'
import { useCallback, useMemo } from 'react'
import { documentSource } from './source.ts'
import { useDoc } from './use-doc.ts'
import { useSelected } from './use-selected.ts'

/**
 * The room's document through its definition; `useValue(() => typed.fields.songs.list())` shows what is in it. Renders
 * anew when the document's standing changes: while it is older, newer or something else it is read, and not written.
 */
export function useTyped<Of extends Fields>(definition: DocumentDefinition<Of>): TypedDocument<Of> {
  const doc = useDoc()
  const read = useCallback(() => standingOf(definition, doc), [definition, doc])
  const standing = useSelected(documentSource(doc), read, equalityDeep)
  return useMemo(() => ({ ...openTyped(definition, doc), ...standing }), [definition, doc, standing])
}
