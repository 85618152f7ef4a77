import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { LockstepError } from '../../kernel/errors.ts'
import { findSeeds, sow } from '../../local/seeds.ts'
import type { Cli } from '../cli.ts'
import { leaveNote, runningVariables } from '../local-note.ts'
import { startLocalStores } from '../local-stores.ts'
import type { LocalOptions, LocalStores } from '../local-stores.ts'
import type { Options } from '../verb.ts'

type Variables = Readonly<Record<string, string>>

/** `lockstep local`: serves both stores until Ctrl-C, or as long as the command after `--exec` runs. */
export async function local(cli: Cli, options: Options): Promise<number> {
  if (options['printEnv'] === true) {
    printVariables(cli, runningVariables(cli.folder))
    return 0
  }
  const command = commandOf(cli)
  const wanted = await parseOptions(cli, options)
  const content = contentOf(cli, options)
  const { folder } = wanted
  const isNew = folder === undefined || createFolder(folder)
  if (!isNew && existsSync(join(folder, unfinished))) throw filledInPart(folder)
  if (!isNew && isFull(content)) cli.say(`the data of ${folder} is kept, and not filled again`)
  const stores = await (isNew ? startNew(cli, wanted, content) : startLocalStores(wanted))
  const takeAway = leaveNote(cli.folder, stores.variables)
  try {
    announce(cli, stores, wanted)
    if (command !== undefined) return await runCommand(cli, command, stores.variables)
    printVariables(cli, stores.variables)
    cli.say('running until Ctrl-C; in another terminal: eval "$(lockstep local --print-env)"')
    await untilInterrupted(cli)
    return 0
  } finally {
    takeAway()
    try {
      leaveExport(cli, stores, content)
    } finally {
      await stores.close()
    }
  }
}

/** Whether it is made by this call, and so nobody else's. */
function createFolder(folder: string): boolean {
  if (existsSync(folder)) return false
  mkdirSync(dirname(folder), { recursive: true })
  mkdirSync(folder)
  return true
}

/** Starts stores that have nothing yet and fills them. Where that fails nothing of them stays: it would be kept, and not filled again. */
async function startNew(cli: Cli, wanted: LocalOptions, content: Content): Promise<LocalStores> {
  const { folder } = wanted
  const mark = folder === undefined || !isFull(content) ? undefined : join(folder, unfinished)
  try {
    if (mark !== undefined) writeFileSync(mark, '')
    const stores = await startLocalStores(wanted)
    try {
      await fill(cli, stores, content)
    } catch (error) {
      await stores.close()
      throw error
    }
    if (mark !== undefined) rmSync(mark)
    return stores
  } catch (error) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function announce(cli: Cli, { variables, note }: LocalStores, { folder, indexFile }: LocalOptions): void {
  const places = Object.entries(variables).map(
    ([name, value]) => `${name === 'DATABASE_URL' ? 'postgres' : 'firestore'} ${value.replace(/:[^:@/]+@/, ':***@')}`,
  )
  cli.say(
    `${cli.talk.paint.bold('LOCAL')}  ${places.join(' · ')}, data ${folder === undefined ? 'in memory' : `in ${folder}`}${indexFile === undefined ? '' : `, indexes as in ${relative(cli.folder, indexFile)}`}${note === undefined ? '' : `, ${note}`}`,
  )
}

/** What new stores begin with, and what is left behind at the end. */
interface Content {
  readonly seeds: readonly string[]
  /** Exports of Firestore. */
  readonly importFrom: string | undefined
  readonly exportTo: string | undefined
}

/** In a data folder for as long as it is being filled. */
const unfinished = 'unfinished'

const isFull = ({ seeds, importFrom }: Content): boolean => seeds.length > 0 || importFrom !== undefined

async function fill(cli: Cli, { firestore, variables }: LocalStores, { importFrom, seeds }: Content): Promise<void> {
  if (importFrom !== undefined && firestore !== undefined)
    cli.say(`${firestore.importFrom(importFrom)} documents taken from ${importFrom}`)
  for (const seed of seeds) {
    cli.say(`filling from ${relative(cli.folder, seed)}`)
    await sow(cli.world, seed, variables)
  }
}

function filledInPart(folder: string): LockstepError {
  return new LockstepError('LS-1009', `${folder} was filled only in part`, {
    where: { file: folder },
    hint: 'when no other lockstep local fills it, remove the folder and start again',
  })
}

function leaveExport(cli: Cli, { firestore }: LocalStores, { exportTo }: Content): void {
  if (exportTo !== undefined && firestore !== undefined)
    cli.say(`${firestore.exportTo(exportTo)} documents written to ${exportTo}`)
}

async function indexFileOf({ folder, configFile }: Cli): Promise<string | undefined> {
  const [{ findIndexFile }, { provided }] = await Promise.all([import('../../config.ts'), import('../../authoring.ts')])
  return findIndexFile({ folder, file: configFile, provided })
}

async function parseOptions(cli: Cli, options: Options): Promise<LocalOptions> {
  const only = options['only'] as LocalOptions['only']
  const isUnasked = options['lenient'] === true || only === 'postgres'
  return {
    only,
    firestorePort: (options['firestorePort'] as number | undefined) ?? 0,
    postgresPort: (options['pgPort'] as number | undefined) ?? 0,
    postgres: options['postgres'] as LocalOptions['postgres'],
    folder: folderOf(cli, options['data']),
    indexFile: isUnasked ? undefined : await indexFileOf(cli),
    rates: options['rates'] === true,
  }
}

function contentOf(cli: Cli, options: Options): Content {
  const [importFrom, exportTo] = [folderOf(cli, options['import']), folderOf(cli, options['exportOnExit'])]
  if (options['only'] === 'postgres' && (importFrom ?? exportTo) !== undefined) throw noFirestore(cli)
  // The first start of those that pass their data on.
  const isFirst = importFrom !== undefined && importFrom === exportTo && !existsSync(importFrom)
  if (isFirst) cli.say(`${importFrom} is not there yet: it begins empty`)
  const seeds = ((options['seed'] as readonly string[] | undefined) ?? []).flatMap((path) =>
    findSeeds(cli.folder, path),
  )
  return { seeds, importFrom: isFirst ? undefined : importFrom, exportTo }
}

function folderOf({ folder }: Cli, path: Options[string]): string | undefined {
  return path === undefined ? undefined : resolve(folder, path as string)
}

function noFirestore({ argv }: Cli): LockstepError {
  return new LockstepError('LS-1001', '--import and --export-on-exit are of Firestore', {
    where: { name: `lockstep ${argv.join(' ')}` },
    hint: 'leave out --only postgres',
  })
}

/** Everything after `--exec`, as it was typed. */
function commandOf({ argv }: Cli): readonly string[] | undefined {
  const at = argv.indexOf('--exec')
  if (at < 0) return undefined
  const command = argv.slice(at + 1)
  if (command.length > 0) return command
  throw new LockstepError('LS-1001', '--exec names no command', {
    where: { name: `lockstep ${argv.join(' ')}` },
    hint: 'lockstep local --exec npm test',
  })
}

function printVariables(cli: Cli, variables: Variables): void {
  if (cli.format === 'json') cli.printJson({ formatVersion: 1, variables })
  else
    cli.print(
      Object.entries(variables)
        .map(([name, value]) => `export ${name}='${value}'`)
        .join('\n'),
    )
}

function untilInterrupted({ world }: Cli): Promise<void> {
  return new Promise((done) => {
    let told = false
    world.onInterrupt(() => {
      if (told) world.exit(130)
      told = true
      done()
    })
  })
}

/** Runs it with the variables set, waits for its end, and passes its exit code on; a signal of ours reaches it too. */
function runCommand(
  { world, folder }: Cli,
  [file = '', ...args]: readonly string[],
  variables: Variables,
): Promise<number> {
  const child = spawn(file, args, { cwd: folder, env: { ...world.env, ...variables }, stdio: 'inherit' })
  const forget = world.onInterrupt(() => child.kill('SIGTERM'))
  return new Promise<number>((done, fail) => {
    child.once('error', (cause) =>
      fail(
        new LockstepError('LS-1007', `${file} cannot be run: ${cause.message}`, {
          where: { name: '--exec' },
          hint: 'name a program that is on the PATH',
          cause,
        }),
      ),
    )
    child.once('exit', (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  }).finally(forget)
}
