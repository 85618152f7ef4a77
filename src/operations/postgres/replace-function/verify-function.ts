import type { Look, Verification, VerifyScope } from '../../operation.ts'
import { phases } from '../../operation.ts'
import { printFunction } from './function-state.ts'
import { differences, grantees, isOldAsWanted, keepsOld, readIntent, readStanding } from './intent.ts'
import type { Intent } from './intent.ts'
import type { LogicalFunction } from './logical-function.ts'
import type { ReplaceFunctionSpec } from './replace-function.ts'

/** From its phase on: that the function is what file and plan say, and that nobody may call it who could not before. */
export async function* verifyFunction(spec: ReplaceFunctionSpec, look: Look, scope: VerifyScope): Verification {
  const { intent, standing } = await look.tables.read(async (q) => {
    const found = await readIntent(q, spec, scope.memo)
    return { intent: found, standing: await readStanding(q, found.memo) }
  })
  const what = 'functions compared with their files'
  if (phases.indexOf(scope.phase) < phases.indexOf(intent.memo.phase)) return { checked: 0, what }
  const { old, next } = standing
  if (next === undefined) yield { where: spec.function, problem: 'is gone' }
  else yield* findingsOf(intent, next)
  if (intent.memo.path !== 'beside' || scope.phase === 'contract') return { checked: 1, what }
  if (!isOldAsWanted(intent, old?.state)) {
    const problem = keepsOld(spec)
      ? 'the old signature is not what it shall be until complete'
      : 'the old signature is still there'
    yield { where: spec.function, problem }
  }
  return { checked: 2, what }
}

function* findingsOf(intent: Intent, { state }: LogicalFunction) {
  const where = printFunction(state)
  for (const problem of differences(intent, state)) yield { where, problem }
  const wanted = new Set(intent.memo.callers)
  const now = grantees(state)
  const exposed = now.filter((role) => !wanted.has(role))
  const lost = [...wanted].filter((role) => !now.includes(role))
  if (exposed.length > 0) yield { where, problem: `may be called by ${exposed.join(', ')}, who could not before` }
  if (lost.length > 0) yield { where, problem: `can no longer be called by ${lost.join(', ')}` }
}
