import type { $ZodObject, $ZodType } from 'zod/v4/core'
import { accepts, type Fault } from './accepts.ts'
import { fallbackOf } from './fallback.ts'
import { type Finding, pointer } from './finding.ts'
import { invalidWrite } from './refused-write.ts'
import { isStorable } from './storable.ts'

/** Takes what does not comply. */
export type Report = (finding: Finding) => void

/** For readers who do not ask. */
export const unreported: Report = () => {}

type Values = Record<string, unknown>

/** Reads one value: as it is, or its fallback and a finding. */
export function readValue(schema: $ZodType, stored: unknown, path: string, report: Report): unknown {
  const result = accepts(schema, stored)
  if (result.ok) return result.value
  if (stored === undefined) report({ path, code: 'missing', message: 'nothing is there' })
  else for (const fault of result.error) report(invalid(path, fault))
  return fallbackOf(schema)?.value
}

/** Reads the values of a schema out of a map: each as it is, or its fallback and a finding. */
export function readValues(
  schema: $ZodObject,
  stored: { get(name: string): unknown },
  path: string,
  report: Report,
): Values {
  const values: Values = {}
  let isSound = true
  for (const [name, each] of Object.entries(schema._zod.def.shape)) {
    const read = readValue(each, stored.get(name), path + pointer(name), finding => {
      isSound = false
      report(finding)
    })
    if (read !== undefined) values[name] = read
  }
  if (isSound) for (const fault of brokenRules(schema, values)) report(invalid(path, fault))
  return values
}

/** Reports what is in a map beside the values of a schema and what is named; a loose schema knows everything. */
export function reportUnknown(
  schema: $ZodObject,
  names: Iterable<string>,
  known: readonly string[],
  path: string,
  report: Report,
): void {
  const { shape, catchall } = schema._zod.def
  if (catchall !== undefined && catchall._zod.def.type !== 'never') return
  for (const name of names) {
    if (Object.hasOwn(shape, name) || known.includes(name)) continue
    report({ path: path + pointer(name), code: 'unknown', message: 'the definition does not know it' })
  }
}

/** A value as it will be stored. Throws `RefusedWrite` where it does not comply. */
export function checkedValue(schema: $ZodType, given: unknown, path: string): unknown {
  const findings: Finding[] = []
  const checked = check(schema, given, path, finding => findings.push(finding))
  if (findings.length > 0) throw invalidWrite(findings)
  return checked
}

/**
 * The `given` values as they will be stored beside the ones that are there (`null`: none yet, so that all of them are
 * needed). Throws `RefusedWrite` where one does not comply, or where they break a rule between values that was met before.
 */
export function checkedValues(schema: $ZodObject, given: Values, present: Values | null, path: string): Values {
  const findings: Finding[] = []
  const report: Report = finding => findings.push(finding)
  const { shape } = schema._zod.def
  const values: Values = {}
  for (const name of Object.keys(present === null ? shape : given)) {
    const each = shape[name]
    if (each !== undefined) values[name] = check(each, given[name], path + pointer(name), report)
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(shape, name)) report({ path: path + pointer(name), code: 'unknown', message: 'no such value' })
  }
  if (findings.length === 0 && (present === null || brokenRules(schema, present).length === 0)) {
    for (const fault of brokenRules(schema, { ...present, ...values })) report(invalid(path, fault))
  }
  if (findings.length > 0) throw invalidWrite(findings)
  return values
}

function check(schema: $ZodType, given: unknown, path: string, report: Report): unknown {
  const result = accepts(schema, given)
  if (!result.ok) for (const fault of result.error) report(invalid(path, fault))
  else if (!isStorable(result.value)) {
    report({ path, code: 'not-storable', message: 'only JSON, bytes and big integers come back as they went in' })
  }
  return result.ok ? result.value : undefined
}

/** What the schema says of its values together. */
function brokenRules(schema: $ZodObject, values: Values): readonly Fault[] {
  if ((schema._zod.def.checks ?? []).length === 0) return []
  const result = accepts(schema, values)
  return result.ok ? [] : result.error
}

function invalid(path: string, fault: Fault): Finding {
  return { path: path + pointer(...fault.path), code: 'invalid', message: fault.message }
}
