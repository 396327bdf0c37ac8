// snippet:typed-define
import { collection, defineDocument, record, richText, text, value } from '@tutti/core/typed'
import * as z from 'zod'

export const songs = collection(
  z.object({
    title: z.string().min(1),
    tempo: z.number().positive().nullable().default(null),
    key: z.string().optional(),
  }),
  { notes: text() },
)

export const setlist = defineDocument({
  type: 'setlist',
  version: 1,
  fields: {
    title: value(z.string().default('')),
    evening: record(z.object({ date: z.iso.date().nullable().default(null), doors: z.string().default('') })),
    about: richText(),
    songs,
  },
})
// end
