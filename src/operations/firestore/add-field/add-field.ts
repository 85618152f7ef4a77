import { LockstepError } from '../../../kernel/errors.ts'
import type { Document, DocumentReader, FieldChange, FieldPath, Fields, Value } from '../../../stores/documents.ts'
import { decodeFields, encodeValue } from '../../../stores/values.ts'
import { matching, parsePattern } from '../../collection-pattern.ts'
import type { CollectionPattern } from '../../collection-pattern.ts'
import { parseCheck } from '../../check-option.ts'
import { countHaving } from '../../document-counts.ts'
import { documentShards, requireMatch, rewriteDocuments } from '../../document-pages.ts'
import { requireWay } from '../../document-problems.ts'
import { fieldAt, isBlocked, parseFieldPath, printFieldPath } from '../../field-path.ts'
import { firestoreCost, writingOf } from '../../firestore-costs.ts'
import { settingsOf } from '../../index-settings.ts'
import { defineDocumentOperation } from '../../operation.ts'
import type { Effect, Finding, Step, StepPlan, Verification, VerifyScope } from '../../operation.ts'
import { sampleSize } from '../../relocation-operation.ts'
import { inspectAdditions } from './inspect-additions.ts'
import type { AdditionsInspection } from './inspect-additions.ts'

/** Pure: gets the decoded document and the values of the pattern's placeholders. */
export type DefaultFunction = (document: Record<string, unknown>, path: Readonly<Record<string, string>>) => unknown

/** A value for every document, or a function of each. */
export type FieldDefault = DefaultFunction | string | number | bigint | boolean | object | null

export interface AddFieldOptions {
  /** The app will filter or order by the field across collections: lint looks for the index that needs. */
  readonly queried?: boolean
  /** The fields a default function looks at; without it whole documents are read. */
  readonly reads?: readonly string[]
  /** How much `plan` reads to estimate and to find what is in the way: the first 2,000 documents (the default), or all. */
  readonly check?: 'sample' | 'full'
}

export interface AddFieldSpec {
  readonly pattern: string
  readonly fields: Readonly<Record<string, FieldDefault>>
  readonly options: AddFieldOptions
}

/** Adds fields with a default to every document of a pattern that has not got them. */
export function addFieldStep(
  pattern: string,
  fields: Readonly<Record<string, FieldDefault>>,
  options: AddFieldOptions = {},
): Step<AddFieldSpec> {
  return Object.freeze({ kind: 'addField', spec: Object.freeze({ pattern, fields, options }) })
}

export const addField = defineDocumentOperation<AddFieldSpec>({
  kind: 'addField',
  meta: {
    summary: 'Adds fields with a default to the documents that have not got them',
    phases: ['backfill', 'contract'],
    destructive: false,
  },
  parse: parseSpec,
  async plan(spec, look) {
    const { documents } = look
    const { pattern, paths, projection } = compile(spec)
    await requireMatch(documents, pattern)
    const total = await documents.count(pattern.scope)
    const found = await inspectAdditions(
      { pattern, paths, projection, of: (document) => additions(spec, pattern, paths, document) },
      documents,
      { most: spec.options.check === 'full' ? Infinity : sampleSize, settings: await settingsOf(look) },
    )
    requireWay(`add fields to ${spec.pattern}`, found)
    const effect = backfillEffect(spec, documents, { total, found })
    const shards = await documentShards(documents, pattern, 'backfill', total)
    const names = paths.map(printFieldPath).join(', ')
    return {
      summary: `add ${names} to ${spec.pattern}`,
      effects: [effect],
      shards,
      warnings: [],
      hot: found.hot,
      basis: { pattern: spec.pattern, fields: paths.map(printFieldPath) },
      memo: null,
    } satisfies StepPlan
  },
  async remaining(spec, phase, { documents }) {
    const { pattern, paths } = compile(spec)
    const missing = await countMissing(documents, pattern, paths)
    return missing === 0 ? [] : documentShards(documents, pattern, phase, await documents.count(pattern.scope))
  },
  apply(work, hands) {
    const { pattern, paths, projection } = compile(work.spec)
    const change = (document: Document): readonly FieldChange[] => additions(work.spec, pattern, paths, document)
    return rewriteDocuments(work, hands, { pattern, fields: projection, change })
  },
  verify: (spec, { documents }, scope) => verifyFields(spec, documents, scope),
  shape: ({ pattern, fields, options }) =>
    Object.entries(fields).map(([name, value]) => ({
      change: 'add' as const,
      pattern,
      path: parseFieldPath(name),
      default: isFunction(value) ? undefined : encodeDefault(name, value),
      queried: options.queried === true,
    })),
})

interface Compiled {
  readonly pattern: CollectionPattern
  readonly paths: readonly FieldPath[]
  /**
   * What must be read to decide and to compute: of a nested path the whole top-level field, to see what blocks it;
   * undefined is whole documents, for functions that do not say what they read.
   */
  readonly projection: readonly FieldPath[] | undefined
}

function compile(spec: AddFieldSpec): Compiled {
  const paths = Object.keys(spec.fields).map(parseFieldPath)
  const reads = spec.options.reads?.map(parseFieldPath)
  const readsAll = reads === undefined && Object.values(spec.fields).some((value) => typeof value === 'function')
  const projection = readsAll ? undefined : distinct([...paths.map((path) => path.slice(0, 1)), ...(reads ?? [])])
  return { pattern: parsePattern(spec.pattern), paths, projection }
}

function distinct(paths: readonly FieldPath[]): readonly FieldPath[] {
  return [...new Map(paths.map((path) => [printFieldPath(path), path])).values()]
}

function parseSpec(spec: unknown): AddFieldSpec {
  const { pattern, fields, options } = spec as Partial<AddFieldSpec>
  if (
    typeof pattern !== 'string' ||
    typeof fields !== 'object' ||
    fields === null ||
    Object.keys(fields).length === 0
  ) {
    throw new LockstepError('LS-2002', 'addField needs a pattern and at least one field', {
      hint: "write firestore.addField('Users/{uid}', { language: 'en' })",
    })
  }
  const parsed = { pattern, fields, options: parseCheck(options) }
  compile(parsed)
  for (const [name, value] of Object.entries(fields)) if (typeof value !== 'function') encodeDefault(name, value)
  return parsed
}

function encodeDefault(name: string, value: unknown): Value {
  try {
    return encodeValue(value)
  } catch (error) {
    throw new LockstepError('LS-2103', `the default of "${name}" is not a Firestore value`, {
      where: { name },
      hint: 'use strings, numbers, bigints, booleans, null, dates, bytes, arrays and plain objects of these',
      cause: error,
    })
  }
}

function additions(
  spec: AddFieldSpec,
  pattern: CollectionPattern,
  paths: readonly FieldPath[],
  document: Document,
): readonly FieldChange[] {
  const absent = paths.filter((path) => fieldAt(document, path) === undefined && !isBlocked(document, path))
  return absent.map((path) => ({ path, value: defaultOf(spec, pattern, path, document) }))
}

function defaultOf(spec: AddFieldSpec, pattern: CollectionPattern, path: FieldPath, document: Document): Value {
  const name =
    Object.keys(spec.fields).find((key) => printFieldPath(parseFieldPath(key)) === printFieldPath(path)) ?? ''
  const value = spec.fields[name]
  if (!isFunction(value)) return encodeDefault(name, value)
  return encodeDefault(name, callDefault(value, document.fields, pattern.match(document.name) ?? {}, document.name))
}

function isFunction(value: FieldDefault | undefined): value is DefaultFunction {
  return typeof value === 'function'
}

function callDefault(
  fn: DefaultFunction,
  fields: Fields,
  path: Readonly<Record<string, string>>,
  name: string,
): unknown {
  try {
    return fn(decodeFields(fields), path)
  } catch (error) {
    throw new LockstepError('LS-4004', `the default function failed on document ${name}`, {
      where: { name },
      hint: 'mend the function in the migration file and run up again; nothing was written to this document',
      cause: error,
    })
  }
}

/** 0 when the store can prove that none lacks a field; else a number of at least 1. */
async function countMissing(
  documents: DocumentReader,
  pattern: CollectionPattern,
  paths: readonly FieldPath[],
): Promise<number> {
  const counts = paths.map((path) => countHaving(documents, pattern.scope, path))
  const [total, ...having] = await Promise.all([documents.count(pattern.scope), ...counts])
  return Math.max(...having.map((count) => (count === undefined ? Math.max(total, 1) : total - count)))
}

interface Sampled {
  readonly total: number
  readonly found: AdditionsInspection
}

function backfillEffect(spec: AddFieldSpec, documents: DocumentReader, { total, found }: Sampled): Effect {
  const { paths } = compile(spec)
  const share = found.read === 0 ? 0 : total / found.read
  const writes = Math.round(found.lacking * share)
  const { seconds, note } = writingOf(documents.target, { writes, bytes: found.bytes * share })
  return {
    phase: 'backfill',
    what: `write ${paths.map(printFieldPath).join(', ')} where absent${note}`,
    count: { value: writes, source: spec.options.check === 'full' ? 'counted' : 'sampled' },
    unit: 'documents',
    lock: 'none: each write carries the version it was computed from',
    seconds,
    secondsSource: 'guess',
    // Read by the backfill, by a sweep for what came meanwhile, and by the verification.
    cost: documents.target.emulator === undefined ? firestoreCost({ reads: 3 * total, writes, deletes: 0 }) : 0,
    disk: Math.round(found.bytes * share),
    undo: 'remove the fields we wrote, keep what others set since',
    statements: [],
  }
}

async function* verifyFields(spec: AddFieldSpec, documents: DocumentReader, scope: VerifyScope): Verification {
  const { pattern, paths } = compile(spec)
  if (scope.level === 'counts' && (await countMissing(documents, pattern, paths)) === 0) {
    return { checked: await documents.count(pattern.scope), what: 'documents counted' }
  }
  let checked = 0
  const found = documents.scan(
    pattern.scope,
    {},
    { fields: paths.map((path) => path.slice(0, 1)), signal: scope.signal },
  )
  for await (const document of matching(pattern, found)) {
    checked++
    if (scope.since !== undefined && document.updateTime > scope.since) continue
    for (const path of paths) yield* findingOf(document, path)
  }
  return { checked, what: 'documents read' }
}

function* findingOf(document: Document, path: FieldPath): Generator<Finding> {
  if (fieldAt(document, path) !== undefined) return
  const problem = isBlocked(document, path) ? 'a part of its path is not a map' : 'is absent'
  yield { where: document.name, problem: `${printFieldPath(path)} ${problem}` }
}
