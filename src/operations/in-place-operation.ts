import type { Json } from '../kernel/canonical-json.ts'
import type { DocumentReader, DocumentTarget } from '../stores/documents.ts'
import { documentShards, requireMatch } from './document-pages.ts'
import { requireWay } from './document-problems.ts'
import { firestoreCost, writingOf } from './firestore-costs.ts'
import { settingsOf } from './index-settings.ts'
import { inspectInPlace, verifyInPlace } from './in-place-checks.ts'
import type { InPlaceInspection } from './in-place-checks.ts'
import { rewriteInPlace } from './in-place.ts'
import type { InPlace } from './in-place.ts'
import { defineDocumentOperation } from './operation.ts'
import type { DocumentOperation, Effect, Look, PlanWarning, ShardPlan, StepPlan, WorkPhase } from './operation.ts'
import type { ShapeChange } from './shape-change.ts'
import { sampleSize } from './relocation-operation.ts'
import type { Check } from './relocation-operation.ts'

/** A change in place as its operation describes it to people and to the plan. */
export interface DescribedInPlace {
  readonly inPlace: InPlace
  /** As in "convert a to a timestamp". */
  readonly summary: string
  /** What the backfill does, and how `down` undoes it. */
  readonly what: string
  readonly undo: string
  readonly check: Check
  readonly warnings: readonly PlanWarning[]
  /** What helps against a reason for which documents stand in the way. */
  readonly hintOf: (why: string) => string | undefined
  /** What makes this step what it is: when it differs, a saved plan is stale. */
  readonly basis: Json
}

export interface InPlaceDefinition<Spec> {
  readonly kind: string
  readonly summary: string
  readonly parse: (spec: unknown) => Spec
  /** `home` is the database the documents are in. */
  readonly describe: (spec: Spec, home: DocumentTarget) => DescribedInPlace
  readonly shape: (spec: Spec) => readonly ShapeChange[]
}

/**
 * An operation that rewrites documents where they are: in the backfill and, for what old clients wrote since, in
 * `complete`; on the way back to what was before, or for what others wrote since by the conversion back.
 */
export function defineInPlace<Spec>(definition: InPlaceDefinition<Spec>): DocumentOperation<Spec> {
  const { kind, summary, parse, describe, shape } = definition
  const inPlaceOf = (spec: Spec, { target }: DocumentReader): InPlace => describe(spec, target).inPlace
  return defineDocumentOperation<Spec>({
    kind,
    meta: { summary, phases: ['backfill', 'contract'], destructive: false },
    parse,
    shape,
    plan: (spec, look) => planInPlace(describe(spec, look.documents.target), look),
    async remaining(spec, phase, { documents }) {
      const inPlace = inPlaceOf(spec, documents)
      // Nothing tells what came later from what is done, so what came later is left to its writers.
      if (phase === 'cutover' || inPlace.blind) return []
      return shardsOf(inPlace, documents, phase)
    },
    apply: (work, hands) => rewriteInPlace(work, hands, inPlaceOf(work.spec, hands.documents)),
    verify: (spec, { documents }, scope) => verifyInPlace(inPlaceOf(spec, documents), documents, scope),
    back: {
      reverting: (spec, { documents }) => shardsOf(inPlaceOf(spec, documents), documents, 'revert'),
      revert: (work, hands) => rewriteInPlace(work, hands, inPlaceOf(work.spec, hands.documents)),
    },
  })
}

async function shardsOf(
  { pattern }: InPlace,
  documents: DocumentReader,
  phase: WorkPhase,
): Promise<readonly ShardPlan[]> {
  return documentShards(documents, pattern, phase, await documents.count(pattern.scope))
}

async function planInPlace(described: DescribedInPlace, look: Look): Promise<StepPlan> {
  const { documents } = look
  const { inPlace, summary, check, basis, warnings, hintOf } = described
  const expected = await documents.count(inPlace.pattern.scope)
  const settings = await settingsOf(look)
  const found = await inspectInPlace(inPlace, documents, { most: check === 'full' ? Infinity : sampleSize, settings })
  if (found.read === 0) await requireMatch(documents, inPlace.pattern)
  requireWay(summary, found, hintOf)
  return {
    summary,
    effects: [effectOf(described, documents, found, expected)],
    shards: await documentShards(documents, inPlace.pattern, 'backfill', expected),
    warnings: [...warnings, ...mixedWarning(found), ...expiryWarnings(inPlace, found)],
    hot: found.hot,
    basis,
    memo: { mixed: found.existing > 0 },
  }
}

function mixedWarning({ existing }: InPlaceInspection): readonly PlanWarning[] {
  if (existing === 0) return []
  return [
    {
      code: 'W111',
      message: `${existing} documents hold the new shape already`,
      hint: 'so clients of the old shape know it: down leaves what is in the new shape and was not converted by this run',
    },
  ]
}

function expiryWarnings({ pattern }: InPlace, { expiring }: InPlaceInspection): readonly PlanWarning[] {
  return [...expiring].map(([field, count]) => ({
    code: 'W118',
    message: `${count} documents of ${pattern.text} get another time in ${field}, by which Firestore deletes them`,
    hint: `a time that has passed deletes its document within about a day, and down cannot bring it back; take "ttl": true from ${field} first where that is not meant`,
  }))
}

/** Reads of every document: plan, backfill, sweep and verification. */
const passes = 4

function effectOf(
  { what, undo, check }: DescribedInPlace,
  { target }: DocumentReader,
  found: InPlaceInspection,
  expected: number,
): Effect {
  const share = check === 'full' || found.read === 0 ? 1 : Math.max(1, expected / found.read)
  const writes = Math.round(found.writes * share)
  const billed = target.emulator === undefined
  const { seconds, note } = writingOf(target, { writes, bytes: found.sent * share })
  return {
    phase: 'backfill',
    what: what + note,
    count: { value: writes, source: check === 'full' ? 'counted' : 'sampled' },
    unit: 'documents',
    lock: 'none: each write carries the version it was computed from',
    seconds,
    secondsSource: 'guess',
    cost: billed ? firestoreCost({ reads: expected * passes, writes, deletes: 0 }) : 0,
    disk: Math.max(0, Math.round(found.bytes * share)),
    undo,
    statements: [],
  }
}
