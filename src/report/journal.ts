import { z } from 'zod'
import { runEvent } from '../ledger/events.ts'
import type { RecordedEvent, RunEvent } from '../ledger/events.ts'
import type { Run } from '../ledger/runs.ts'
import { planForm } from '../plan/plan.ts'
import type { Plan } from '../plan/plan.ts'

const phase = z.enum(['expand', 'backfill', 'verify', 'cutover', 'contract', 'revert'])
const said = z.object({ at: z.string(), text: z.string() })

const stepWork = z.object({
  step: z.number().int(),
  kind: z.string(),
  summary: z.string(),
  /** Documents, rows or tables written on the way forward; those that needed nothing; those read again after a conflict. */
  changed: z.number(),
  skipped: z.number(),
  conflicts: z.number(),
  /** Written on the way back. */
  reverted: z.number(),
})

const digest = z.object({
  sessions: z.array(z.object({ at: z.string(), actor: z.string(), what: z.string() })),
  phases: z.array(z.object({ phase, seconds: z.number(), at: z.string() })),
  steps: z.array(stepWork),
  verified: z.array(
    z.object({
      step: z.number().int(),
      at: z.string(),
      level: z.string(),
      checked: z.number(),
      what: z.string(),
      findings: z.number().int(),
    }),
  ),
  /** What verifications measured, each with the time at which it was. */
  measured: z.array(
    z.object({
      step: z.number().int(),
      at: z.string(),
      where: z.string(),
      text: z.string(),
      figures: z.record(z.string(), z.number()),
    }),
  ),
  findings: z.array(z.object({ step: z.number().int(), where: z.string(), problem: z.string() })),
  /** Transactions over tables: the longest, and how often locks had to be waited for. */
  locks: z.array(
    z.object({
      phase,
      transactions: z.number().int(),
      tables: z.number().int(),
      longest: z.number(),
      first: z.string(),
      repeats: z.number().int(),
    }),
  ),
  kept: z.array(
    z.object({
      step: z.number().int(),
      where: z.string(),
      count: z.number().int(),
      unit: z.enum(['documents', 'values']),
      why: z.string(),
      names: z.array(z.string()).optional(),
    }),
  ),
  warnings: z.array(said),
  failures: z.array(said),
})

/** One run told from the ledger alone. */
export const journalForm = z.object({
  formatVersion: z.literal(1),
  run: z.object({
    id: z.string(),
    migration: z.string(),
    state: z.string(),
    phase: z.string(),
    reason: z.string().nullable(),
    actor: z.string(),
    createdAt: z.string(),
    endedAt: z.string().nullable(),
  }),
  digest,
  plan: planForm,
  events: z.array(z.intersection(runEvent, z.object({ seq: z.number(), at: z.string() }))),
})

export type JournalReport = z.infer<typeof journalForm>
export type Digest = JournalReport['digest']

export interface JournalSources {
  readonly run: Run
  readonly plan: Plan
  readonly events: readonly RecordedEvent[]
}

/** Sums up a run's events. Pure. */
export function buildJournal({ run, plan, events }: JournalSources): JournalReport {
  const { id, migration, state, phase, reason, actor, createdAt, endedAt } = run
  return {
    formatVersion: 1,
    run: { id, migration, state, phase, reason: reason ?? null, actor, createdAt, endedAt: endedAt ?? null },
    digest: digestOf(plan, events),
    plan,
    events: events.map(({ seq, at, event }) => ({ ...event, seq, at })),
  }
}

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }> & { readonly at: string }

function ofType<Type extends RunEvent['type']>(events: readonly RecordedEvent[], type: Type): readonly Of<Type>[] {
  return events.flatMap(({ at, event }) => (isOfType(event, type) ? [{ ...event, at }] : []))
}

function isOfType<Type extends RunEvent['type']>(
  event: RunEvent,
  type: Type,
): event is Extract<RunEvent, { type: Type }> {
  return event.type === type
}

function digestOf(plan: Plan, events: readonly RecordedEvent[]): Digest {
  return {
    sessions: sessionsOf(events),
    phases: ofType(events, 'phase-finished').map(({ phase, seconds, at }) => ({ phase, seconds, at })),
    steps: plan.steps.map(({ kind, summary }, step) => ({ step, kind, summary, ...workOf(events, step) })),
    verified: ofType(events, 'verified').map(({ step, at, level, checked, what, findings }) => ({
      step,
      at,
      level,
      checked,
      what,
      findings,
    })),
    measured: ofType(events, 'measured').map(({ step, at, where, text, figures }) => ({
      step,
      at,
      where,
      text,
      figures,
    })),
    findings: ofType(events, 'finding').map(({ step, where, problem }) => ({ step, where, problem })),
    locks: locksOf(events),
    kept: ofType(events, 'kept').map(({ step, where, count, unit, why, names }) => ({
      step,
      where,
      count,
      unit,
      why,
      ...(names === undefined ? {} : { names }),
    })),
    warnings: ofType(events, 'warning').map(({ at, message }) => ({ at, text: message })),
    failures: failuresOf(events),
  }
}

function sessionsOf(events: readonly RecordedEvent[]): Digest['sessions'] {
  return events.flatMap(({ at, event }) => {
    switch (event.type) {
      case 'run-started':
        return [
          {
            at,
            actor: event.actor,
            what: `started with Lockstep ${event.version} from plan ${event.plan} on ${event.target}`,
          },
        ]
      case 'run-resumed':
        return [{ at, actor: event.actor, what: `went on from ${event.from}` }]
      case 'rollback-started':
        return [{ at, actor: event.actor, what: 'began the way back' }]
      default:
        return []
    }
  })
}

function workOf(
  events: readonly RecordedEvent[],
  step: number,
): Pick<Digest['steps'][number], 'changed' | 'skipped' | 'conflicts' | 'reverted'> {
  const finished = ofType(events, 'shard-finished').filter((event) => event.step === step)
  const forward = finished.filter((event) => event.phase !== 'revert')
  const sum = (of: readonly Of<'shard-finished'>[], key: 'changed' | 'skipped' | 'conflicts'): number =>
    of.reduce((total, event) => total + event[key], 0)
  return {
    changed: sum(forward, 'changed'),
    skipped: sum(forward, 'skipped'),
    conflicts: sum(finished, 'conflicts'),
    reverted: sum(
      finished.filter((event) => event.phase === 'revert'),
      'changed',
    ),
  }
}

function locksOf(events: readonly RecordedEvent[]): Digest['locks'] {
  const locks = new Map<string, Digest['locks'][number]>()
  for (const { phase, seconds, tables, first, repeats } of ofType(events, 'tables-changed')) {
    const sum = locks.get(phase) ?? { phase, transactions: 0, tables: 0, longest: -1, first: '', repeats: 0 }
    const longest = seconds > sum.longest ? { longest: seconds, first } : {}
    locks.set(phase, {
      ...sum,
      transactions: sum.transactions + 1,
      tables: sum.tables + tables,
      repeats: sum.repeats + repeats,
      ...longest,
    })
  }
  return [...locks.values()]
}

function failuresOf(events: readonly RecordedEvent[]): Digest['failures'] {
  return events.flatMap(({ at, event }) => {
    switch (event.type) {
      case 'shard-retried':
        return [{ at, text: `shard ${event.shard} tried again: ${event.problem}` }]
      case 'shard-failed':
        return [{ at, text: `shard ${event.shard} failed (${event.code}): ${event.problem}` }]
      case 'failed':
        return [{ at, text: `the run failed (${event.code}): ${event.reason}` }]
      case 'paused':
        return [{ at, text: `the run paused: ${event.reason}` }]
      default:
        return []
    }
  })
}
