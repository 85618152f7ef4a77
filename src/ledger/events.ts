import { z } from 'zod'

/**
 * Everything that happens in a run, as one stream: it feeds the terminal, the JSON output and the journal. A closed
 * union; new members and new optional fields may be added, none removed. Names of documents and tables occur in it,
 * their contents never.
 */
const phase = z.enum(['expand', 'backfill', 'verify', 'cutover', 'contract', 'revert'])
const step = z.number().int()
const seconds = z.number()

export const runEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run-started'),
    migration: z.string(),
    plan: z.string(),
    target: z.string(),
    actor: z.string(),
    version: z.string(),
  }),
  z.object({ type: z.literal('run-resumed'), actor: z.string(), from: z.string() }),
  z.object({ type: z.literal('phase-started'), phase }),
  z.object({ type: z.literal('phase-finished'), phase, seconds }),
  z.object({ type: z.literal('sweep'), phase, round: z.number().int(), shards: z.number().int() }),
  z.object({ type: z.literal('shard-started'), step, phase, shard: z.string(), attempt: z.number().int() }),
  z.object({
    type: z.literal('shard-finished'),
    step,
    phase,
    shard: z.string(),
    changed: z.number(),
    skipped: z.number(),
    conflicts: z.number(),
    seconds,
  }),
  z.object({ type: z.literal('shard-retried'), step, phase, shard: z.string(), problem: z.string() }),
  z.object({ type: z.literal('shard-failed'), step, phase, shard: z.string(), code: z.string(), problem: z.string() }),
  /** One transaction over a few tables: how long its locks were held at most, and how often it had to wait for them. */
  z.object({
    type: z.literal('tables-changed'),
    step,
    phase,
    tables: z.number().int(),
    first: z.string(),
    seconds,
    repeats: z.number().int(),
  }),
  /** What others wrote since, found on the way back: where it is kept, in words. */
  z.object({
    type: z.literal('kept'),
    step,
    where: z.string(),
    count: z.number().int(),
    unit: z.enum(['documents', 'values']),
    why: z.string(),
    /** Every document; `where` names the first three. */
    names: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('verified'),
    step,
    level: z.string(),
    checked: z.number(),
    what: z.string(),
    findings: z.number().int(),
    seconds,
  }),
  /** What a verification measured, by name; `text` says the same in words. */
  z.object({
    type: z.literal('measured'),
    step,
    where: z.string(),
    text: z.string(),
    figures: z.record(z.string(), z.number()),
  }),
  z.object({ type: z.literal('finding'), step, where: z.string(), problem: z.string() }),
  /** Nothing is done for a while, on purpose. */
  z.object({ type: z.literal('waiting'), seconds, why: z.string() }),
  z.object({ type: z.literal('switched'), phaseDocument: z.string() }),
  z.object({ type: z.literal('paused'), reason: z.string() }),
  z.object({ type: z.literal('failed'), code: z.string(), reason: z.string() }),
  z.object({ type: z.literal('soaking') }),
  z.object({ type: z.literal('completed') }),
  z.object({ type: z.literal('rollback-started'), actor: z.string() }),
  z.object({ type: z.literal('rolled-back') }),
  z.object({ type: z.literal('warning'), message: z.string() }),
])
export type RunEvent = z.infer<typeof runEvent>

/** As kept: with its number and the database's time. */
export interface RecordedEvent {
  readonly seq: number
  readonly run: string
  readonly at: string
  readonly event: RunEvent
}

/** How far a phase is; for people watching, never kept. */
export interface Progress {
  readonly phase: z.infer<typeof phase>
  readonly steps: readonly { readonly step: number; readonly done: number; readonly expected: number }[]
}

export type Listener = (message: { readonly event: RunEvent } | { readonly progress: Progress }) => void
