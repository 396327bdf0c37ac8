import * as Y from 'yjs'
import type { DocumentDefinition } from './define-document.ts'
import type { Field } from './field.ts'
import { type Finding, pointer } from './finding.ts'
import { readItem } from './item.ts'
import { holdsOther, isEmpty, mapAt } from './root.ts'
import { standingOf } from './standing.ts'
import { reservedPrefix, stampRoot } from './stamp.ts'
import { valueKey } from './typed-value.ts'
import { type Report, readValue, readValues, reportUnknown } from './values.ts'

/**
 * What in a document does not comply with its definition. It changes nothing and throws at nothing that is in a document,
 * so it can judge what others wrote, in a worker as well. A document of another version or type has that one finding.
 */
export function validate(definition: DocumentDefinition, doc: Y.Doc): Finding[] {
  const standing = standingOf(definition, doc)
  if (standing.kind === 'other-type') {
    return [{ path: pointer(stampRoot, 'type'), code: 'wrong-type', message: `this is no ${definition.type}` }]
  }
  if (standing.kind !== 'ready') {
    const message = `the document is at version ${standing.version}, the definition at ${definition.version}`
    return [{ path: pointer(stampRoot, 'version'), code: 'version', message }]
  }
  const findings: Finding[] = []
  const report: Report = finding => findings.push(finding)
  for (const [name, field] of Object.entries(definition.fields)) validateField(name, field, doc, report)
  for (const [name, root] of doc.share) {
    if (
      Object.hasOwn(definition.fields, name) ||
      name.startsWith(reservedPrefix) ||
      isEmpty(root as Y.AbstractType<unknown>)
    )
      continue
    report({ path: pointer(name), code: 'unknown', message: 'the definition does not know it' })
  }
  return findings
}

function validateField(name: string, field: Field, doc: Y.Doc, report: Report): void {
  const path = pointer(name)
  if (holdsOther(field.kind, doc.get(name))) {
    report({ path, code: 'wrong-type', message: `something that is no part of a ${field.kind} is there` })
  }
  if (field.kind === 'text' || field.kind === 'rich-text') return
  const map = mapAt(name, doc)
  if (map === null) return
  switch (field.kind) {
    case 'value':
      readValue(field.schema, map.get(valueKey), path, report)
      return
    case 'record':
      readValues(field.schema, map, path, report)
      reportUnknown(field.schema, map.keys(), [], path, report)
      return
    case 'collection':
      for (const [id, item] of map) {
        if (item instanceof Y.Map) readItem(field, id, item, path + pointer(id), report)
        else report({ path: path + pointer(id), code: 'wrong-type', message: 'an item is a map' })
      }
  }
}
