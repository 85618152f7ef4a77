import type {
  Finding,
  Look,
  Phase,
  PreImage,
  StepPlan,
  TableHands,
  TableOperation,
  WorkPhase,
} from '../src/operations/operation.ts'
import type { TableWriter } from '../src/stores/tables.ts'

/** One step on tables as a run takes it, phase by phase. */
export interface TableStep {
  readonly plan: StepPlan
  readonly images: PreImage[]
  readonly told: string[]
  work(phase: WorkPhase): Promise<number>
  down(): Promise<void>
  verify(phase?: Phase): Promise<readonly Finding[]>
}

/** Plans the step, and takes it as a run would: one transaction a change, its pre-images kept in memory. */
export async function planStep<Spec>(
  operation: TableOperation<Spec>,
  spec: Spec,
  look: Look,
  tables: TableWriter,
): Promise<TableStep> {
  const plan = await operation.plan(spec, look)
  const images: PreImage[] = []
  const told: string[] = []
  const hands: TableHands = {
    tables,
    async change({ names, work, cursor }) {
      const changed = await tables.transaction((q) => work(q, names))
      images.unshift(...structuredClone(changed))
      return {
        cursor: (typeof cursor === 'function' ? cursor() : cursor) ?? null,
        changed: changed.length,
        skipped: 0,
        conflicts: 0,
      }
    },
    alone: () => Promise.reject(new Error('nothing runs alone')),
    keepValues: () => Promise.reject(new Error('no values')),
    restoreValues: () => Promise.reject(new Error('no values')),
    noteFailure: () => Promise.reject(new Error('nothing fails')),
    leaveOut: () => Promise.reject(new Error('nothing is left out')),
    embedder: () => Promise.reject(new Error('no embedders here')),
    warn: (message) => void told.push(message),
    async *preImages() {
      yield* images
    },
  }
  const work = async (phase: WorkPhase, revert = false): Promise<number> => {
    const planned = plan.shards.filter((shard) => shard.phase === phase)
    const shards = revert
      ? await operation.reverting(spec, look, plan.memo)
      : planned.length > 0
        ? planned
        : await operation.remaining(spec, phase, look, plan.memo)
    let changed = 0
    for (const { scope } of shards) {
      const given = { spec, memo: plan.memo, phase, scope, cursor: undefined, signal: new AbortController().signal }
      const pages = revert ? operation.revert(given, hands) : operation.apply(given, hands)
      for await (const page of pages) changed += page.changed
    }
    return changed
  }
  return {
    plan,
    images,
    told,
    work,
    down: async () => void (await work('revert', true)),
    async verify(phase = 'cutover') {
      const scope = {
        since: undefined,
        phase,
        level: 'full',
        images: () => Promise.reject(new Error('tables have no document images')),
        memo: plan.memo,
        signal: new AbortController().signal,
        preImages: () => hands.preImages(),
      } as const
      const found: Finding[] = []
      for await (const finding of operation.verify(spec, look, scope)) found.push(finding)
      return found
    },
  }
}
