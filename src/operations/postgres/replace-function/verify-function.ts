import type { Look, Verification, VerifyScope } from '../../operation.ts'
import { phases } from '../../operation.ts'
import { parseImage } from './function-image.ts'
import { hashOf, printFunction } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
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
  else yield* findingsOf(intent, next, await madeBy(scope, printFunction(old?.state ?? next.state)))
  if (intent.memo.path !== 'beside' || scope.phase === 'contract') return { checked: 1, what }
  if (!isOldAsWanted(intent, old?.state)) {
    const problem = keepsOld(spec)
      ? 'the old signature is not what it shall be until complete'
      : 'the old signature is still there'
    yield { where: spec.function, problem }
  }
  return { checked: 2, what }
}

/** The function as the server had it once the step had made it; undefined where nothing had to be made. */
async function madeBy(scope: VerifyScope, old: string): Promise<FunctionState | undefined> {
  if (scope.preImages === undefined) return undefined
  for await (const image of scope.preImages()) {
    if (image.name !== old) continue
    const { after } = parseImage(image)
    return after.next ?? after.old ?? undefined
  }
  return undefined
}

function* findingsOf(intent: Intent, { state }: LogicalFunction, made: FunctionState | undefined) {
  const where = printFunction(state)
  const problems = differences(intent, state)
  for (const problem of problems) yield { where, problem }
  // The catalog keeps no text of a parsed body, and the file's defaults may be written in another way.
  if (problems.length === 0 && made !== undefined && hashOf(made) !== hashOf(state))
    yield { where, problem: 'has another body, or other defaults of its arguments, than it was given' }
  const wanted = new Set(intent.memo.callers)
  const now = grantees(state)
  const exposed = now.filter((role) => !wanted.has(role))
  const lost = [...wanted].filter((role) => !now.includes(role))
  if (exposed.length > 0) yield { where, problem: `may be called by ${exposed.join(', ')}, who could not before` }
  if (lost.length > 0) yield { where, problem: `can no longer be called by ${lost.join(', ')}` }
}
