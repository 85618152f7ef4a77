import type { Document, DocumentReader, Value } from '../../../stores/documents.ts'
import type { CheckOption } from '../../check-option.ts'
import { matching } from '../../collection-pattern.ts'
import { requireMatch } from '../../document-pages.ts'
import { documentSize } from '../../document-limits.ts'
import { firestoreCost, writingOf } from '../../firestore-costs.ts'
import type { Effect, PlanWarning, StepPlan, Verification, VerifyScope } from '../../operation.ts'
import { withValueIn } from '../../value-tree.ts'
import { countHolders, fieldsRead, removals } from './removals.ts'
import type { Removal } from './removals.ts'

/** Documents that `plan` reads, the first by name, unless it is to read all. */
const sampleSize = 2_000

/** Passes over all documents: the removal, a sweep for what old clients wrote meanwhile, the verification. */
const passes = 3

/** Counts what will go; nothing is written before the contract phase. Throws LS-2102 where no document matches. */
export async function planRemoval(
  removal: Removal,
  documents: DocumentReader,
  check: NonNullable<CheckOption['check']>,
): Promise<StepPlan> {
  const { pattern, fields } = removal
  await requireMatch(documents, pattern)
  const names = fields.map(({ text }) => text)
  const found = await lookAtHolders(removal, documents, check === 'full' ? Infinity : sampleSize)
  return {
    summary: `remove ${names.join(', ')} from ${pattern.text}`,
    effects: [effectOf(documents, found)],
    shards: [],
    warnings: warningsOf(names, found),
    basis: { pattern: pattern.text, fields: names },
    memo: null,
  }
}

interface Holders {
  readonly total: number
  /** Documents that have one of the fields. */
  readonly count: Effect['count']
  /** Bytes the fields take in all. */
  readonly bytes: number
}

async function lookAtHolders(removal: Removal, documents: DocumentReader, most: number): Promise<Holders> {
  const { pattern } = removal
  const fields = fieldsRead(removal)
  const sums = { read: 0, having: 0, bytes: 0 }
  let complete = true
  for await (const document of matching(pattern, documents.scan(pattern.scope, {}, fields && { fields }))) {
    if (sums.read >= most) {
      complete = false
      break
    }
    sums.read++
    const freed = bytesFreed(removal, document)
    if (freed > 0) sums.having++
    sums.bytes += freed
  }
  const total = await documents.count(pattern.scope)
  if (complete) return { total, count: { value: sums.having, source: 'counted' }, bytes: sums.bytes }
  const counted = isCountable(removal) ? await countHolders(removal, documents) : undefined
  const share = total / sums.read
  const count: Effect['count'] =
    counted === undefined
      ? { value: Math.round(sums.having * share), source: 'sampled' }
      : { value: counted, source: 'counted' }
  const each = sums.having === 0 ? 0 : sums.bytes / sums.having
  return { total, count, bytes: Math.round(each * count.value) }
}

/** The store counts documents that have a field, but not those that have one of several, or one in each of a map's. */
function isCountable({ pattern, fields }: Removal): boolean {
  return fields.length === 1 && fields.every(({ spread }) => spread.length === 0) && !pattern.scope.descendants
}

function bytesFreed(removal: Removal, document: Document): number {
  const { name, fields } = document
  let left: Value = { mapValue: { fields } }
  for (const { path, value } of removals(removal, document)) left = withValueIn(left, path, value) ?? left
  return documentSize(name, fields) - documentSize(name, 'mapValue' in left ? left.mapValue.fields : {})
}

function effectOf({ target }: DocumentReader, { total, count, bytes }: Holders): Effect {
  const writes = count.value
  const billed = target.emulator === undefined
  return {
    phase: 'contract',
    what: `fields removed, about ${bytes} bytes freed`,
    count,
    unit: 'documents',
    lock: 'none: each write carries the version it was computed from',
    seconds: writingOf(target, { writes, bytes: 0 }).seconds,
    secondsSource: 'guess',
    cost: billed ? firestoreCost({ reads: passes * total, writes, deletes: 0 }) : 0,
    disk: 0,
    undo: 'none once completed: restore from a backup',
    statements: [],
  }
}

function warningsOf(names: readonly string[], { count }: Holders): readonly PlanWarning[] {
  if (count.value === 0) return []
  return [
    {
      code: 'W120',
      message: `complete removes ${names.join(', ')} for good: the values are kept nowhere`,
      hint: 'complete when no client reads or writes it any more, and back it up before if it may be needed',
    },
  ]
}

/** Before the contract phase the field must stay, and nothing is promised; from then on what is left of it is found. */
export async function* verifyRemoval(
  removal: Removal,
  documents: DocumentReader,
  { since, phase, level, signal }: VerifyScope,
): Verification {
  const { pattern, fields } = removal
  if (phase !== 'contract') return { checked: 0, what: 'documents: nothing is removed before complete' }
  if (level === 'counts' && (await countHolders(removal, documents)) === 0)
    return { checked: await documents.count(pattern.scope), what: 'documents counted' }
  const projection = fieldsRead(removal)
  let checked = 0
  const found = documents.scan(pattern.scope, {}, { ...(projection && { fields: projection }), signal })
  for await (const document of matching(pattern, found)) {
    checked++
    if (since !== undefined && document.updateTime > since) continue
    for (const field of fields) {
      if (removals({ pattern, fields: [field] }, document).length > 0)
        yield { where: document.name, problem: `${field.text} is still there` }
    }
  }
  return { checked, what: 'documents read' }
}
