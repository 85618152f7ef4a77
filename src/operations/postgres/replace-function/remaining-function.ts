import type { Json } from '../../../kernel/canonical-json.ts'
import type { Look, ShardPlan, WorkPhase } from '../../operation.ts'
import { hashOf } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
import { grantees, isDone, keepsOld, parseMemo, readIntent, readStanding } from './intent.ts'
import type { Intent, Standing } from './intent.ts'
import type { ReplaceFunctionSpec } from './replace-function.ts'

function look(
  spec: ReplaceFunctionSpec,
  { tables }: Look,
  memo: Json,
): Promise<{ readonly intent: Intent; readonly standing: Standing }> {
  return tables.read(async (q) => {
    const intent = await readIntent(q, spec, memo)
    return { intent, standing: await readStanding(q, intent.memo) }
  })
}

/** The function, where it is still what it was; what someone else made of it is for `verify` to name. */
export async function remainingFunction(
  spec: ReplaceFunctionSpec,
  phase: WorkPhase,
  at: Look,
  memo: Json,
): Promise<readonly ShardPlan[]> {
  const shard = { phase, stage: 0, scope: { replace: spec.function }, estimate: 1 }
  if (phase === 'contract') {
    if (parseMemo(memo).path !== 'beside' || !keepsOld(spec)) return []
    const { standing } = await look(spec, at, memo)
    return standing.old === undefined ? [] : [shard]
  }
  if (phase !== parseMemo(memo).phase) return []
  const { intent, standing } = await look(spec, at, memo)
  return !isDone(intent, standing) && isAsPlanned(intent, standing.old?.state) ? [shard] : []
}

function isAsPlanned({ memo }: Intent, old: FunctionState | undefined): boolean {
  return old !== undefined && hashOf(old) === memo.hash
}

/** One shard where not everything is as it was when this was planned. */
export async function revertingFunction(
  spec: ReplaceFunctionSpec,
  at: Look,
  memo: Json,
): Promise<readonly ShardPlan[]> {
  const { intent, standing } = await look(spec, at, memo)
  const { old, next } = standing
  const was = intent.memo
  const restored =
    isAsPlanned(intent, old?.state) &&
    grantees(old?.state ?? { grants: [] }).join() === grantees(was).join() &&
    (was.path !== 'beside' || next === undefined)
  return restored ? [] : [{ phase: 'revert', stage: 0, scope: { replace: spec.function }, estimate: 1 }]
}
