import { LockstepError } from '../kernel/errors.ts'
import type { Run } from '../ledger/runs.ts'
import { bringUp, forgetWayBack, runBackward, runContract, runForward } from './executor.ts'
import type { StopAfter } from './executor.ts'
import type { Crew } from './phase-loop.ts'
import type { RunContext } from './run-context.ts'

/** Each verb's way through a run that is held. Throws LS-4006 where the run's state does not allow it. */
export async function resume(context: RunContext, crew: Crew, run: Run, stopAfter: StopAfter): Promise<void> {
  requireState(run, ['running', 'paused', 'failed'], 'up')
  context.emit({ type: 'run-resumed', actor: context.actor, from: run.phase })
  await runForward(context, crew, run, stopAfter)
}

export function catchUp(context: RunContext, crew: Crew, run: Run): Promise<void> {
  requireState(run, ['soaking'], 'up')
  return bringUp(context, crew)
}

export function complete(context: RunContext, crew: Crew, run: Run): Promise<void> {
  if (run.state === 'completed') return forgetWayBack(context)
  requireState(run, ['soaking', 'completing'], 'complete')
  return runContract(context, crew)
}

export function down(context: RunContext, crew: Crew, run: Run): Promise<void> {
  requireState(run, ['running', 'paused', 'failed', 'soaking', 'completing', 'rolling back'], 'down')
  return runBackward(context, crew)
}

function requireState(run: Run, states: readonly Run['state'][], verb: string): void {
  if (!states.includes(run.state)) throw wrongState(run, verb)
}

function wrongState(run: Run, verb: string): LockstepError {
  const why =
    run.state === 'completed'
      ? 'what was kept for the way back went when it completed'
      : `lockstep ${verb} does not apply to it`
  return new LockstepError('LS-4006', `${run.migration} is ${run.state}`, {
    where: { name: run.migration },
    why,
    hint: 'lockstep status shows what can be done next',
  })
}
