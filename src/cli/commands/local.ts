import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
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
  const isKept = folder !== undefined && existsSync(folder)
  if (isKept && existsSync(join(folder, unfinished))) throw filledInPart(folder)
  const fills = content.seeds.length > 0 || content.importFrom !== undefined
  if (fills && isKept) cli.say(`the data of ${folder} is kept, and not filled again`)
  const stores = await startLocalStores(wanted)
  const takeAway = leaveNote(cli.folder, stores.variables)
  let isFilled = isKept
  try {
    if (fills && !isKept) await fill(cli, stores, content, folder)
    isFilled = true
    announce(cli, stores, wanted)
    if (command !== undefined) return await runCommand(cli, command, stores.variables)
    printVariables(cli, stores.variables)
    cli.say('running until Ctrl-C; in another terminal: eval "$(lockstep local --print-env)"')
    await untilInterrupted(cli)
    return 0
  } finally {
    takeAway()
    try {
      if (isFilled) leaveExport(cli, stores, content)
    } finally {
      await stores.close()
      // The next start would keep what was filled in part.
      if (!isFilled && folder !== undefined) rmSync(folder, { recursive: true, force: true })
    }
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

async function fill(
  cli: Cli,
  { firestore, variables }: LocalStores,
  { importFrom, seeds }: Content,
  folder: string | undefined,
): Promise<void> {
  const mark = folder === undefined ? undefined : join(folder, unfinished)
  if (mark !== undefined) writeFileSync(mark, '')
  if (importFrom !== undefined && firestore !== undefined)
    cli.say(`${firestore.importFrom(importFrom)} documents taken from ${importFrom}`)
  for (const seed of seeds) {
    cli.say(`filling from ${relative(cli.folder, seed)}`)
    await sow(cli.world, seed, variables)
  }
  if (mark !== undefined) rmSync(mark)
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
