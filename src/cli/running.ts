import { LockstepError } from '../kernel/errors.ts'
import type { Listener } from '../ledger/events.ts'
import type { Migrator } from '../migrator.ts'
import type { EventLine } from '../report/event-lines.ts'
import { renderSummary } from '../report/summary.ts'
import type { Status } from '../report/status.ts'
import type { Summary, Worked } from '../report/summary.ts'
import { version } from '../version.ts'
import type { Cli } from './cli.ts'
import { createDisplay } from './display.ts'
import type { Display, Shown } from './display.ts'
import { withMigrator } from './session.ts'
import type { Options } from './verb.ts'

/** What a verb that works has at hand. */
export interface Running {
  readonly migrator: Migrator
  /** Aborted when the work is interrupted. */
  readonly signal: AbortSignal
  /** Does one piece of work on a migration, shown and counted. */
  work(shown: Shown, task: () => Promise<void>): Promise<void>
  /** Notes how many tenant tables are behind, for the summary. */
  noteBehind(count: number): void
}

type Tally = Omit<Worked, 'run' | 'state'>

/**
 * Opens the stores and lets `task` work: progress on stderr, events on stdout where asked for, a summary at the end,
 * from the status that `task` returns where nothing was worked on. The first Ctrl-C lets the page end and pauses the run, the second ends the process.
 */
export async function withRunning(
  cli: Cli,
  command: Summary['command'],
  given: Options,
  task: (running: Running) => Promise<Status | void>,
): Promise<void> {
  let working = (): boolean => false
  const interrupts = watchInterrupts(cli, () => working())
  const watch = createRunWatch(cli, interrupts.signal)
  working = watch.isWorking
  try {
    const options = {
      listener: watch.listener,
      interrupt: interrupts.signal,
      strict: given['strict'] === true,
      ...(given['concurrency'] === undefined ? {} : { concurrency: given['concurrency'] as number }),
      ...(given['maxUsd'] === undefined ? {} : { maxUsd: given['maxUsd'] as number }),
    }
    await withMigrator(cli, options, async (migrator) => {
      watch.line({ type: 'version', format: 1, lockstep: version, at: watch.now() })
      const running: Running = { migrator, signal: interrupts.signal, work: watch.work, noteBehind: watch.noteBehind }
      const read = await Promise.race([task(running), interrupts.whileIdle])
      const unchanged = watch.tallies().length === 0 ? read : undefined
      await tellSummary(cli, watch, { command, migrator, status: unchanged ?? (await migrator.status()) })
    })
  } finally {
    interrupts.stop()
  }
}

async function tellSummary(
  cli: Cli,
  watch: RunWatch,
  {
    command,
    migrator,
    status,
  }: { readonly command: Summary['command']; readonly migrator: Migrator; readonly status: Status },
): Promise<void> {
  const migrations = watch.tallies().map((tally): Worked => {
    const row = status.migrations.find(({ id }) => id === tally.migration)
    return { ...tally, run: row?.run ?? null, state: row?.state ?? 'unknown' }
  })
  const summary: Summary = {
    formatVersion: 1,
    command,
    target: migrator.target,
    migrations,
    behind: watch.behind(),
    next: status.next,
  }
  if (cli.format === 'json') cli.printJson(summary)
  else if (cli.format === 'ndjson') watch.line({ type: 'summary', ...summary, at: watch.now() })
  else cli.print(renderSummary(summary, cli.payload))
}

interface RunWatch {
  readonly listener: Listener
  readonly work: Running['work']
  readonly noteBehind: Running['noteBehind']
  readonly isWorking: () => boolean
  tallies(): readonly Tally[]
  behind(): number | null
  line(line: EventLine): void
  now(): string
}

function createRunWatch(cli: Cli, signal: AbortSignal): RunWatch {
  const tallies = new Map<string, Tally>()
  let behind: number | null = null
  let current: { readonly migration: string; readonly display: Display } | undefined
  const now = (): string => new Date(cli.world.clock.now()).toISOString()
  const line = (value: EventLine): void => {
    if (cli.format === 'ndjson') cli.print(JSON.stringify(value))
  }
  const count = (migration: string, more: Partial<Tally>): void =>
    void tallies.set(migration, addTallies(migration, tallies.get(migration), more))
  return {
    listener(message) {
      const migration = current?.migration ?? ''
      if ('event' in message) {
        if (message.event.type === 'shard-finished') count(migration, { ...message.event, seconds: 0 })
        current?.display.event(message.event)
        line({ ...message.event, migration, at: now() })
      } else {
        const { phase, steps } = message.progress
        current?.display.progress(message.progress)
        line({ type: 'progress', migration, phase, steps: [...steps], at: now() })
      }
    },
    async work(shown, task) {
      refuseWhenAborted(signal)
      const started = cli.world.clock.now()
      current = { migration: shown.migration, display: createDisplay(cli, shown) }
      try {
        await task()
      } finally {
        current.display.close()
        current = undefined
        count(shown.migration, { seconds: (cli.world.clock.now() - started) / 1000 })
      }
    },
    noteBehind: (found) => (behind = found),
    isWorking: () => current !== undefined,
    tallies: () => [...tallies.values()],
    behind: () => behind,
    line,
    now,
  }
}

function addTallies(migration: string, tally: Tally | undefined, more: Partial<Tally>): Tally {
  const sum = (key: 'changed' | 'skipped' | 'conflicts' | 'seconds'): number => (tally?.[key] ?? 0) + (more[key] ?? 0)
  return {
    migration,
    changed: sum('changed'),
    skipped: sum('skipped'),
    conflicts: sum('conflicts'),
    seconds: sum('seconds'),
  }
}

/** Throws LS-4007: what was asked for is to stop, so nothing new begins. */
export function refuseWhenAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interrupted()
}

function interrupted(): LockstepError {
  return new LockstepError('LS-4007', 'interrupted while no run was under way: nothing is left to finish')
}

interface Interrupts {
  readonly signal: AbortSignal
  /** Rejects with LS-4007 at an interruption while no run is being worked on. */
  readonly whileIdle: Promise<never>
  stop(): void
}

function watchInterrupts(cli: Cli, isWorking: () => boolean): Interrupts {
  const controller = new AbortController()
  let stopIdle: (error: LockstepError) => void = () => undefined
  const whileIdle = new Promise<never>((_, reject) => (stopIdle = reject))
  whileIdle.catch(() => undefined)
  const stop = cli.world.onInterrupt(() => {
    if (controller.signal.aborted) {
      cli.warn('stopped at once: the run is resumable, lockstep up goes on from its last checkpoint')
      cli.world.exit(130)
      return
    }
    controller.abort()
    if (isWorking()) cli.warn('finishing the current page, then pausing; Ctrl-C again stops at once')
    else stopIdle(interrupted())
  })
  return { signal: controller.signal, whileIdle, stop }
}
