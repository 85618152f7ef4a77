import { z } from 'zod'
import { runEvent } from '../ledger/events.ts'
import { errorForm } from './error.ts'
import { summaryForm } from './summary.ts'

const at = z.string()
const phase = z.enum(['expand', 'backfill', 'verify', 'cutover', 'contract', 'revert'])

/**
 * One line of `--format ndjson`. The first has the type `version`, the last `summary` or `error`; between them the
 * run's events as the ledger keeps them, and how far a phase is. New types and fields may be added, none removed.
 */
export const eventLine = z.union([
  z.object({ type: z.literal('version'), format: z.literal(1), lockstep: z.string(), at }),
  z.intersection(runEvent, z.object({ migration: z.string(), at })),
  z.object({
    type: z.literal('progress'),
    migration: z.string(),
    phase,
    steps: z.array(z.object({ step: z.number().int(), done: z.number(), expected: z.number() })),
    at,
  }),
  summaryForm.extend({ type: z.literal('summary'), at }),
  errorForm.extend({ type: z.literal('error'), at }),
])

export type EventLine = z.infer<typeof eventLine>
