import { isAbsolute, resolve } from 'node:path'
import { LockstepError } from '../kernel/errors.ts'
import type { Screen } from '../report/paint.ts'
import { hang } from '../report/text-layout.ts'
import { createPaint, isColoured } from './colour.ts'
import type { OutputStream, World } from './world.ts'

export const formats = ['text', 'json', 'ndjson', 'markdown', 'github', 'sarif'] as const
export type Format = (typeof formats)[number]

/** The options every command has, after flags and environment were weighed. */
export interface GlobalOptions {
  readonly config?: string
  readonly env?: string
  readonly cwd?: string
  readonly format?: string
  readonly json?: boolean
  readonly color?: boolean
  readonly debug?: boolean
  readonly quiet?: boolean
}

/** One invocation: what was asked for, and where to answer. */
export interface Cli {
  readonly world: World
  /** As typed, without `node` and the script. */
  readonly argv: readonly string[]
  readonly folder: string
  readonly configFile: string | undefined
  readonly environment: string | undefined
  readonly format: Format
  readonly debug: boolean
  readonly quiet: boolean
  /** How text on stdout and on stderr may look. */
  readonly payload: Screen
  readonly talk: Screen
  /** Writes a line of payload to stdout. */
  print(text: string): void
  /** Writes a JSON document to stdout. */
  printJson(value: unknown): void
  /** Says something on stderr, unless asked to be quiet. */
  say(text: string): void
  /** Says on stderr what must not be missed. */
  warn(text: string): void
}

/** Throws LS-1007 for a format that this command has not got. */
export function createCli(
  world: World,
  argv: readonly string[],
  options: GlobalOptions,
  allowed: readonly Format[],
): Cli {
  const { env, stdout, stderr } = world
  const screen = (stream: OutputStream): Screen => ({
    width: widthOf(stream),
    paint: createPaint(isColoured(stream, options.color ?? true, env)),
  })
  const quiet = options.quiet ?? false
  const talkWidth = widthOf(stderr)
  const warn = (text: string): void => void stderr.write(`${text}\n`)
  const print = (text: string): void => void stdout.write(`${text}\n`)
  return {
    world,
    argv,
    folder: options.cwd === undefined ? world.cwd : resolve(world.cwd, options.cwd),
    configFile:
      options.config === undefined || isAbsolute(options.config) ? options.config : resolve(world.cwd, options.config),
    environment: options.env,
    format: parseFormat(options, allowed),
    debug: options.debug ?? false,
    quiet,
    payload: screen(stdout),
    talk: screen(stderr),
    print,
    printJson: (value) => print(JSON.stringify(value, null, 2)),
    say: (text) => (quiet ? undefined : warn(fold(text, talkWidth))),
    warn,
  }
}

/** A sentence in lines that fit; what was laid out or painted stays as it is. */
function fold(text: string, width: number): string {
  return text.includes('\n') || text.includes('\u001B') ? text : hang('', text, width).join('\n')
}

function parseFormat({ format, json }: GlobalOptions, allowed: readonly Format[]): Format {
  const wanted = json === true ? 'json' : (format ?? 'text')
  const found = allowed.find((each) => each === wanted)
  if (found !== undefined) return found
  throw new LockstepError('LS-1007', `this command has no format "${wanted}"`, {
    where: { name: '--format' },
    hint: `use one of: ${allowed.join(', ')}`,
  })
}

/** Between 60 and 120 columns; 100 where nobody says how wide it is. */
function widthOf({ columns }: OutputStream): number {
  return Math.min(Math.max(columns ?? 100, 60), 120)
}
