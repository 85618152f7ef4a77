import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { main } from '../../src/cli/main.ts'
import type { World } from '../../src/cli/world.ts'
import { LockstepError } from '../../src/kernel/errors.ts'
import type { RunEvent } from '../../src/ledger/events.ts'
import type { Migrator, MigratorOptions } from '../../src/migrator.ts'
import type { LintFinding } from '../../src/plan/lint-finding.ts'
import type { StatusRow } from '../../src/report/status.ts'
import { planOf, targetOf } from './fixtures.ts'
import type { Kind } from './fixtures.ts'

export interface Scene {
  readonly kind?: Kind
  readonly rows?: readonly StatusRow[]
  readonly env?: NodeJS.ProcessEnv
  /** Both stdin and stderr are terminals, and this is what is typed; undefined ends the input. */
  readonly typed?: string | undefined
  readonly tty?: boolean
  readonly problems?: number
  readonly behind?: number
  /** What lint finds in every migration. */
  readonly lint?: readonly LintFinding[]
  /** Thrown by `start`, `resume`, `down` and `complete`. */
  readonly failure?: Error
  /** Called while a run is being worked on. */
  readonly during?: (interrupt: () => void) => Promise<void>
  /** Called while a migration is planned. */
  readonly whilePlanning?: (interrupt: () => void) => void
}

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What was asked of the migrator that changes something, in order. */
  readonly calls: readonly string[]
  readonly cwd: string
}

class Screen extends Writable {
  readonly isTTY: boolean
  readonly columns = 100
  text = ''

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** Runs a command line against a migrator that only remembers; nothing of this process is touched. */
export async function runCli(argv: readonly string[], scene: Scene = {}): Promise<Outcome> {
  const tty = scene.tty ?? 'typed' in scene
  const [stdout, stderr] = [new Screen(false), new Screen(tty)]
  const stdin = Object.assign(new PassThrough(), { isTTY: tty })
  if (scene.typed === undefined) stdin.end()
  else stdin.write(`${scene.typed}\n`)
  const handlers = new Set<() => void>()
  const calls: string[] = []
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-cli-'))
  const interrupt = (): void => {
    for (const handler of handlers) handler()
  }
  const world: Partial<World> = {
    stdin,
    stdout,
    stderr,
    env: { TERM: 'dumb', ...scene.env },
    cwd,
    createMigrator: async (options) => fakeMigrator(scene, options, { calls, interrupt }),
    onInterrupt(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    exit: (code) => void calls.push(`exit ${code}`),
  }
  const code = await main(argv, world)
  return { code, out: stdout.text, err: stderr.text, calls, cwd }
}

interface Memory {
  readonly calls: string[]
  readonly interrupt: () => void
}

function fakeMigrator(scene: Scene, options: MigratorOptions, { calls, interrupt }: Memory): Migrator {
  const kind = scene.kind ?? 'local'
  const rows = new Map((scene.rows ?? []).map((row) => [row.id, row]))
  const emit = (event: RunEvent): void => options.listener?.({ event })
  const work = async (call: string, id: string, state: StatusRow['state']): Promise<void> => {
    calls.push(call)
    emit({ type: 'phase-started', phase: 'backfill' })
    options.listener?.({ progress: { phase: 'backfill', steps: [{ step: 0, done: 5, expected: 10 }] } })
    emit({
      type: 'shard-finished',
      step: 0,
      phase: 'backfill',
      shard: 's',
      changed: 10,
      skipped: 2,
      conflicts: 1,
      seconds: 1,
    })
    await scene.during?.(interrupt)
    if (options.interrupt?.aborted === true)
      throw new LockstepError('LS-4007', 'interrupted: paused after the current page', {
        hint: 'lockstep up goes on from here',
      })
    if (scene.failure !== undefined) throw scene.failure
    const row = rows.get(id)
    if (row !== undefined) rows.set(id, { ...row, state, run: row.run ?? 'a1b2c3d4' })
  }
  let behind = scene.behind ?? 0
  return {
    target: targetOf(kind),
    get loaded() {
      return notAsked()
    },
    get environment() {
      return notAsked()
    },
    inspect: async () => notAsked(),
    oddTables: async () => [],
    pause: async () => notAsked(),
    status: async () => ({
      formatVersion: 1,
      target: targetOf(kind),
      migrations: [...rows.values()],
      next: 'nothing to do',
    }),
    lint: async () => scene.lint ?? [],
    lintDatabase: async () => scene.lint ?? [],
    async plan(id) {
      scene.whilePlanning?.(interrupt)
      return planOf(id, kind)
    },
    start: (plan, stopAfter) =>
      work(
        `start ${plan.migration.id} ${stopAfter ?? ''}`.trim(),
        plan.migration.id,
        stopAfter === 'verify' ? 'paused' : 'soaking',
      ),
    resume: (id, stopAfter) => work(`resume ${id} ${stopAfter ?? ''}`.trim(), id, 'soaking'),
    down: (id) => work(`down ${id}`, id, 'rolled back'),
    complete: (id) => work(`complete ${id}`, id, 'completed'),
    async catchUp(id) {
      await work(`catch up ${id}`, id, 'soaking')
      behind = 0
    },
    behind: async () => behind,
    async verify(_, level) {
      const problems = scene.problems ?? 0
      if (problems > 0) emit({ type: 'finding', step: 0, where: 'Users/u1', problem: 'language is absent' })
      emit({ type: 'verified', step: 0, level, checked: 7, what: 'documents read', findings: problems, seconds: 1 })
      return problems
    },
    journal: async (id) => [{ run: runOf(id), plan: planOf(id, kind), events: [] }],
    tidy: async () => {},
    close: async () => void calls.push('close'),
  }
}

const notAsked = (): never => {
  throw new Error('the command line is not expected to ask for this')
}

function runOf(migration: string): Awaited<ReturnType<Migrator['journal']>>[number]['run'] {
  return {
    id: 'a1b2c3d4',
    migration,
    checksum: '{}',
    state: 'soaking',
    phase: 'cutover',
    reason: undefined,
    actor: 'ada',
    since: undefined,
    told: {},
    owner: undefined,
    createdAt: '2026-11-22T09:31:00.000Z',
    endedAt: undefined,
    steps: [],
  }
}
