import { setTimeout as sleep } from 'node:timers/promises'
import { lockstep } from './processes.ts'
import type { Random } from './seeded.ts'

export interface Killing {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly random: Random
  /** A process is killed at a random moment so long after its first phase has begun. */
  readonly milliseconds: number
  /** Looks at what a process left that was killed. */
  readonly look?: () => Promise<void>
}

/** Starts the command again and again and kills each at a moment of its own. Returns the kills: fewer where one ended. */
export async function killed(args: readonly string[], times: number, killing: Killing): Promise<number> {
  const { folder, env, random, milliseconds, look } = killing
  let kills = 0
  for (let n = 0; n < times; n++) {
    const running = lockstep([...args, '--format', 'ndjson'], folder, env)
    await running.printed('phase-started')
    const ended = await Promise.race([running.finished, sleep(random() * milliseconds)])
    if (ended !== undefined) break
    running.child.kill('SIGKILL')
    await running.finished
    kills++
    await look?.()
  }
  return kills
}
