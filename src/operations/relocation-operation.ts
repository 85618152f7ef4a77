import type { Json } from '../kernel/canonical-json.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { DocumentReader, DocumentTarget, FieldPath } from '../stores/documents.ts'
import { countHaving } from './document-counts.ts'
import { documentShards } from './document-pages.ts'
import { requireWay } from './document-problems.ts'
import { firestoreCost, writingOf } from './firestore-costs.ts'
import { settingsOf } from './index-settings.ts'
import { defineDocumentOperation } from './operation.ts'
import type { DocumentOperation, Effect, Look, PlanWarning, ShardPlan, StepPlan, WorkPhase } from './operation.ts'
import { noneAlone } from './last-hand.ts'
import { hintOfTaken, inspectRelocation, verifyRelocation } from './relocation-checks.ts'
import type { Inspect, Inspection } from './relocation-checks.ts'
import { relocate } from './relocate.ts'
import type { RelocationScope } from './relocate.ts'
import { isHosted, projectionOf, scopeOf, unitOf } from './relocation.ts'
import type { Relocation, Side } from './relocation.ts'
import type { ShapeChange } from './shape-change.ts'

/** How much `plan` reads to find what is in the way: every document, or the first 2,000. */
export type Check = 'full' | 'sample'

export const sampleSize = 2_000

/** A relocation as its operation describes it to people and to the plan. */
export interface DescribedRelocation {
  readonly relocation: Relocation
  /** As in "rename a to b". */
  readonly summary: string
  /** The field the old side is in, where it is one of a host: it can be counted. */
  readonly field?: FieldPath
  /** How the contract phase empties the old place. */
  readonly removal: 'documents deleted' | 'fields removed'
  readonly check: Check
  /** `inspect` refuses what is in the new place without its old one. */
  readonly refusesAlone?: boolean
  /** What `plan` looks at besides the pairs. */
  readonly inspect?: Inspect
  readonly warnings: readonly PlanWarning[]
  /** What helps against a reason for which documents stand in the way. */
  readonly hintOf?: (why: string) => string | undefined
  /** What makes this step what it is: when it differs, a saved plan is stale. */
  readonly basis: Json
}

export interface RelocationDefinition<Spec> {
  readonly kind: string
  readonly summary: string
  readonly parse: (spec: unknown) => Spec
  /** `home` is the database the documents are in. */
  readonly describe: (spec: Spec, home: DocumentTarget) => DescribedRelocation
  readonly shape: (spec: Spec) => readonly ShapeChange[]
}

/**
 * An operation that changes the place of things: copied in the backfill, kept up to date until the switch, checked
 * before anything is removed, removed in the contract phase, and on the way back taken to the old place again with all
 * that came to the new one since.
 */
export function defineRelocation<Spec>(definition: RelocationDefinition<Spec>): DocumentOperation<Spec> {
  const { kind, summary, parse, describe, shape } = definition
  const relocationOf = (spec: Spec, { target }: DocumentReader): Relocation => describe(spec, target).relocation
  return defineDocumentOperation<Spec>({
    kind,
    meta: { summary, phases: ['backfill', 'cutover', 'contract'], destructive: true },
    parse,
    shape,
    plan: (spec, look) => planRelocation(describe(spec, look.documents.target), look),
    remaining: (spec, phase, { documents }) => remaining(describe(spec, documents.target), phase, documents),
    apply: (work, hands) => relocate(work, hands, relocationOf(work.spec, hands.documents)),
    verify: (spec, { documents }, scope) => verifyRelocation(relocationOf(spec, documents), documents, scope),
    back: {
      reverting: (spec, { documents }) => reverting(describe(spec, documents.target), documents),
      revert: (work, hands) => relocate(work, hands, relocationOf(work.spec, hands.documents)),
    },
  })
}

async function planRelocation(described: DescribedRelocation, look: Look): Promise<StepPlan> {
  const { relocation, summary, check, basis, inspect } = described
  const { documents } = look
  const expected = await documents.count(scopeOf(relocation, 'from'))
  const settings = await settingsOf(look)
  const most = check === 'full' ? Infinity : sampleSize
  const vacant = await isVacant(relocation, documents)
  const found = await inspectRelocation(relocation, documents, { most, inspect, settings, vacant })
  if (found.read === 0) await requireSome(described, documents)
  requireWay(summary, found, (why) => described.hintOf?.(why) ?? hintOfTaken(why))
  return {
    summary,
    effects: effectsOf(described, documents, found, expected),
    shards: await shardsOf(relocation, documents, { phase: 'backfill', stage: 0, side: 'from', act: 'carry' }),
    warnings: [...described.warnings, ...existingWarning(found)],
    hot: found.hot,
    basis,
    memo: isNoneAlone(described, found) ? noneAlone : null,
  }
}

/** True where the new places are documents of their own and their collection has none yet: a read, instead of one for each. */
async function isVacant(relocation: Relocation, documents: DocumentReader): Promise<boolean> {
  if (relocation.satellites === undefined || isHosted(relocation, 'to')) return false
  for await (const _ of documents.scan(scopeOf(relocation, 'to'), {}, { fields: [] })) return false
  return true
}

/** Where both places are in one document, all have been read; else it is for others to look. */
function isNoneAlone({ relocation, check, refusesAlone }: DescribedRelocation, { alone }: Inspection): boolean {
  return refusesAlone === true || (relocation.satellites === undefined && check === 'full' && alone === 0)
}

/** Throws LS-2102 where no document is of the old side. */
async function requireSome({ relocation, summary }: DescribedRelocation, documents: DocumentReader): Promise<void> {
  if (await hasAny(relocation, 'from', documents)) return
  throw new LockstepError('LS-2102', `${summary}: no document matches`, {
    hint: 'check the spelling and the depth: collection ids are case-sensitive and a pattern matches exactly its depth',
  })
}

async function hasAny(relocation: Relocation, side: Side, documents: DocumentReader): Promise<boolean> {
  for await (const { name } of documents.scan(scopeOf(relocation, side), {}, { fields: [] })) {
    if (unitOf(relocation, side, name) !== undefined) return true
  }
  return false
}

function existingWarning({ existing }: Inspection): readonly PlanWarning[] {
  if (existing === 0) return []
  return [
    {
      code: 'W110',
      message: `${existing} new places say the same as the old ones already`,
      hint: 'they are taken as the work of new clients: down removes them too',
    },
  ]
}

/** Passes over both sides: the copy, a sweep of each side, the last sweep before the switch, the verification. */
const passes = 5

function effectsOf(
  { relocation, removal, check }: DescribedRelocation,
  documents: DocumentReader,
  found: Inspection,
  expected: number,
): readonly Effect[] {
  const share = check === 'full' || found.read === 0 ? 1 : Math.max(1, expected / found.read)
  const writes = Math.round(found.writes * share)
  const source = check === 'full' ? ('counted' as const) : ('sampled' as const)
  const billed = documents.target.emulator === undefined
  const sides = relocation.satellites === undefined ? 1 : 2
  const copy = writingOf(documents.target, { writes, bytes: found.sent * share })
  const shared = {
    unit: 'documents' as const,
    lock: 'none: each write carries the version it was computed from',
    secondsSource: 'guess' as const,
    statements: [],
  }
  return [
    {
      ...shared,
      phase: 'backfill',
      what: `copy to the new place, and keep it up to date${copy.note}`,
      count: { value: writes, source },
      seconds: copy.seconds,
      cost: billed ? firestoreCost({ reads: expected * sides * passes, writes, deletes: 0 }) : 0,
      disk: Math.round(found.bytes * share),
      undo: 'take what came to the new place back to the old one, then empty the new one',
    },
    {
      ...shared,
      phase: 'contract',
      what: `old place emptied: ${removal}`,
      count: { value: expected, source: 'counted' },
      seconds: writingOf(documents.target, { writes: expected, bytes: 0 }).seconds,
      cost: billed ? firestoreCost({ reads: expected * sides * 3, ...removalCost(removal, expected) }) : 0,
      disk: 0,
      undo: 'none once completed: restore from a backup',
    },
  ]
}

function removalCost(removal: DescribedRelocation['removal'], count: number): { writes: number; deletes: number } {
  return removal === 'documents deleted' ? { writes: 0, deletes: count } : { writes: count, deletes: 0 }
}

async function remaining(
  described: DescribedRelocation,
  phase: WorkPhase,
  documents: DocumentReader,
): Promise<readonly ShardPlan[]> {
  const { relocation } = described
  const apart = relocation.satellites !== undefined
  // Within a document the last word has `complete`; between documents readers of the new place rely on the switch.
  if (phase === 'cutover' && !apart) return []
  if (phase === 'contract' && (await isEmptied(described, documents))) return []
  const shards = (stage: number, side: Side, act: RelocationScope['act']): Promise<readonly ShardPlan[]> =>
    shardsOf(relocation, documents, { phase, stage, side, act, again: true })
  if (!apart) return shards(0, 'from', phase === 'contract' ? 'remove' : 'carry')
  const act = phase === 'contract' ? 'trail' : 'carry'
  const carrying = await Promise.all([shards(0, 'from', act), shards(1, 'to', act)])
  return [...carrying.flat(), ...(phase === 'contract' ? await shards(2, 'from', 'remove') : [])]
}

/** True where the store can prove cheaply that nothing is left in the old place. */
async function isEmptied({ relocation, field }: DescribedRelocation, documents: DocumentReader): Promise<boolean> {
  if (field !== undefined) return (await countHaving(documents, relocation.hosts.scope, field)) === 0
  return projectionOf(relocation, 'from') === undefined && !(await hasAny(relocation, 'from', documents))
}

async function reverting(
  { relocation }: DescribedRelocation,
  documents: DocumentReader,
): Promise<readonly ShardPlan[]> {
  const shards = (stage: number, side: Side, act: RelocationScope['act']): Promise<readonly ShardPlan[]> =>
    shardsOf(relocation, documents, { phase: 'revert', stage, side, act, again: true })
  if (relocation.satellites === undefined) return shards(0, 'from', 'retire')
  const found = await Promise.all([shards(0, 'to', 'restore'), shards(1, 'from', 'restore'), shards(2, 'to', 'retire')])
  return found.flat()
}

async function shardsOf(
  relocation: Relocation,
  documents: DocumentReader,
  { phase, stage, side, act, again }: RelocationScope & { readonly phase: WorkPhase; readonly stage: number },
): Promise<readonly ShardPlan[]> {
  const scope = scopeOf(relocation, side)
  const shards = await documentShards(documents, { scope }, phase, await documents.count(scope))
  return shards.map((shard) => ({
    ...shard,
    stage,
    scope: { ...(shard.scope as object), side, act, ...(again === true ? { again } : {}) },
  }))
}
