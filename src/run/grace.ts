import { readShards } from '../ledger/shards.ts'
import type { RunContext } from './run-context.ts'

/**
 * Once clients are told of the contract phase, waits until those that follow the phase have heard of it: the sweep
 * after that finds what they wrote to old places meanwhile. Not again where that sweep has begun.
 */
export async function giveGrace(context: RunContext): Promise<void> {
  const { graceSeconds, steps, tables, run, clock, pausing } = context
  const isAffected = steps.some(
    ({ operation }) => operation.store === 'documents' && operation.meta.phases.includes('contract'),
  )
  if (graceSeconds === 0 || !isAffected || (await readShards(tables, run, 'contract')).length > 0) return
  context.emit({
    type: 'waiting',
    seconds: graceSeconds,
    why: 'for clients to hear that only the new shape is written',
  })
  await context.flush()
  await clock.sleep(graceSeconds * 1000, pausing)
  pausing.throwIfAborted()
}
