import { CommanderError } from 'commander'
import { systemClock } from '../kernel/clock.ts'
import { LockstepError, toLockstepError } from '../kernel/errors.ts'
import { buildErrorReport, renderError } from '../report/error.ts'
import { createPaint, isColoured } from './colour.ts'
import { createProgram } from './program.ts'
import { usageError } from './usage-error.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'

/** Runs one command line and says with which code the process is to end. Never rejects. */
export async function main(argv: readonly string[], parts: Partial<World> = {}): Promise<number> {
  const world = createWorld(parts, parts.clock ?? systemClock)
  keepQuietOnBrokenPipes(world)
  const watched = parts.stdout === undefined ? watchRejections(world, argv) : () => undefined
  try {
    return await run(world, argv)
  } catch (error) {
    return fail(world, argv, error)
  } finally {
    watched()
  }
}

async function run(world: World, argv: readonly string[]): Promise<number> {
  let code = 0
  const program = createProgram(world, argv, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...(argv.length === 0 ? ['--help'] : beforeExec(argv))], { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return argv.length === 0 ? 64 : 0
    throw usageError(error, argv)
  }
}

/** Tells of the failure in the form asked for, and gives its exit code. */
function fail(world: World, argv: readonly string[], thrown: unknown): number {
  const error = toLockstepError(thrown)
  const format = wantedFormat(world, argv)
  const report = buildErrorReport(error)
  if (format === 'json') world.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  if (format === 'ndjson')
    world.stdout.write(
      `${JSON.stringify({ type: 'error', ...report, at: new Date(world.clock.now()).toISOString() })}\n`,
    )
  const coloured = isColoured(world.stderr, !argv.includes('--no-color'), world.env)
  const screen = { width: Math.min(Math.max(world.stderr.columns ?? 100, 60), 120), paint: createPaint(coloured) }
  world.stderr.write(`${renderError(error, world.cwd, screen)}\n`)
  if (isDebugging(world, argv)) world.stderr.write(`${stackOf(thrown)}\n`)
  else if (error.code === 'LS-9001') world.stderr.write('  run it again with --debug to see where it happened\n')
  return error.exit
}

/** Read from the words themselves, because what failed may be reading them. */
function wantedFormat({ env }: World, argv: readonly string[]): string | undefined {
  const words = beforeExec(argv)
  if (words.includes('--json')) return 'json'
  const at = words.indexOf('--format')
  const joined = words.find((word) => word.startsWith('--format='))?.slice('--format='.length)
  return joined ?? (at < 0 ? env['LOCKSTEP_FORMAT'] : words[at + 1])
}

/** What comes after `--exec` is another program's. */
function beforeExec(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--exec')
  return at < 0 ? argv : argv.slice(0, at)
}

function isDebugging({ env }: World, argv: readonly string[]): boolean {
  return beforeExec(argv).includes('--debug') || env['LOCKSTEP_DEBUG'] === '1' || env['LOCKSTEP_DEBUG'] === 'true'
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

/** A reader that went away (`| head`) is no failure of ours. */
function keepQuietOnBrokenPipes({ stdout, stderr }: World): void {
  const ignore = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error
  }
  stdout.on('error', ignore)
  stderr.on('error', ignore)
}

/** A promise nobody waited for is a defect of ours: told as such, never exit 0. */
function watchRejections(world: World, argv: readonly string[]): () => void {
  const onRejection = (error: unknown): void =>
    world.exit(
      fail(
        world,
        argv,
        new LockstepError('LS-9001', `unhandled: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        }),
      ),
    )
  process.on('unhandledRejection', onRejection)
  return () => process.off('unhandledRejection', onRejection)
}
