import { z } from 'zod'
import type { Queryable } from '../stores/tables.ts'
import type { Checkpoint, Look, ShardPlan, TableHands, Work, WorkPhase } from './operation.ts'

/** Something that the tables of a step share: there before the first of them, gone after the last. */
export interface Companion {
  /** For people: `function public.sync()`. */
  readonly what: string
  /** SQL that is true where it is there. */
  readonly exists: string
  readonly create: readonly string[]
  /** It is there to stay once the migration is completed. */
  readonly stays?: true
  /** A script that takes it away unless a table still uses it; safe to repeat. */
  readonly drop: string
}

const companionScope = z.object({ companion: z.string() })

/** Made before the provisioning function is extended (stage 0), taken away after the last table, canaries first. */
const stages: Readonly<Partial<Record<WorkPhase, number>>> = { expand: -1, contract: 3, revert: 3 }

/** The shard that makes it in expand, and takes it away in contract and on the way back, where that is still to do. */
export async function companionShards(
  companion: Companion | undefined,
  phase: WorkPhase,
  look: Pick<Look, 'tables'>,
): Promise<readonly ShardPlan[]> {
  const stage = stages[phase]
  if (companion === undefined || stage === undefined || (phase === 'contract' && companion.stays)) return []
  const there = await look.tables.read((q) => isThere(q, companion))
  const due = phase === 'expand' ? !there : there
  return due ? [{ phase, stage, scope: { companion: companion.what }, estimate: 1 }] : []
}

/** Undefined where the shard is not about the companion. */
export function workOnCompanion(
  work: Work<unknown>,
  hands: TableHands,
  companion: Companion | undefined,
): AsyncGenerator<Checkpoint> | undefined {
  if (companion === undefined || !companionScope.safeParse(work.scope).success) return undefined
  return changeCompanion(work, hands, companion)
}

async function* changeCompanion(
  { phase }: Work<unknown>,
  hands: TableHands,
  companion: Companion,
): AsyncGenerator<Checkpoint> {
  yield await hands.change({
    names: [companion.what],
    cursor: phase,
    work: async (q) => {
      if (phase !== 'expand') await q.script(companion.drop)
      else await ensureCompanion(q, companion)
      return []
    },
  })
}

/** Makes it where it is not, as part of the caller's transaction. */
export async function ensureCompanion(q: Queryable, companion: Companion): Promise<void> {
  if (!(await isThere(q, companion))) await q.script(companion.create.join(';\n'))
}

async function isThere(q: Queryable, { exists }: Companion): Promise<boolean> {
  const [row] = await q.query<{ found: boolean }>(`select ${exists} as found`)
  return row?.found === true
}
