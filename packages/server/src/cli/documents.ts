import type { Command } from 'commander'
import { addDocumentsDelete } from './documents-delete.ts'
import { addDocumentsExport } from './documents-export.ts'
import { addDocumentsList } from './documents-list.ts'
import { addDocumentsShow } from './documents-show.ts'

/** `tutti documents …`: the documents of a relay that is stopped. */
export function addDocuments(program: Command): void {
  const documents = program.command('documents').description('look at the documents of a relay that is stopped')
  addDocumentsList(documents)
  addDocumentsShow(documents)
  addDocumentsExport(documents)
  addDocumentsDelete(documents)
}
