import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { LockstepError } from '../../kernel/errors.ts'
import { findSeeds, sow } from '../../local/seeds.ts'
import type { Cli } from '../cli.ts'
import { leaveNote, runningVariables } from '../local-note.ts'
import { startLocalStores } from '../local-stores.ts'
import type { LocalOptions } from '../local-stores.ts'
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
  const { folder, indexFile } = wanted
  const seeds = seedsOf(cli, options)
  const isKept = folder !== undefined && existsSync(folder)
  const fills = seeds.length > 0 || wanted.importFrom !== undefined
  if (fills && isKept) cli.say(`the data of ${folder} is kept, and not filled again`)
  const stores = await startLocalStores(isKept ? { ...wanted, importFrom: undefined } : wanted)
  const takeAway = leaveNote(cli.folder, stores.variables)
  try {
    if (!isKept)
      for (const seed of seeds) {
        cli.say(`filling from ${relative(cli.folder, seed)}`)
        await sow(cli.world, seed, stores.variables)
      }
    const places = Object.entries(stores.variables).map(
      ([name, value]) => `${name === 'DATABASE_URL' ? 'postgres' : 'firestore'} ${value.replace(/:[^:@/]+@/, ':***@')}`,
    )
    cli.say(
      `${cli.talk.paint.bold('LOCAL')}  ${places.join(' · ')}, data ${folder === undefined ? 'in memory' : `in ${folder}`}${indexFile === undefined ? '' : `, indexes as in ${relative(cli.folder, indexFile)}`}${stores.note === undefined ? '' : `, ${stores.note}`}`,
    )
    if (command !== undefined) return await runCommand(cli, command, stores.variables)
    printVariables(cli, stores.variables)
    cli.say('running until Ctrl-C; in another terminal: eval "$(lockstep local --print-env)"')
    await untilInterrupted(cli)
    return 0
  } finally {
    takeAway()
    await stores.close()
  }
}

async function indexFileOf({ folder, configFile }: Cli): Promise<string | undefined> {
  const [{ findIndexFile }, { provided }] = await Promise.all([import('../../config.ts'), import('../../authoring.ts')])
  return findIndexFile({ folder, file: configFile, provided })
}

async function parseOptions(cli: Cli, options: Options): Promise<LocalOptions> {
  const only = options['only'] as LocalOptions['only']
  const folderOf = (name: string): string | undefined => {
    const path = options[name] as string | undefined
    return path === undefined ? undefined : resolve(cli.folder, path)
  }
  const [importFrom, exportTo] = [folderOf('import'), folderOf('exportOnExit')]
  const isUnasked = options['lenient'] === true || only === 'postgres'
  if (only === 'postgres' && (importFrom ?? exportTo) !== undefined) throw noFirestore(cli)
  return {
    only,
    firestorePort: (options['firestorePort'] as number | undefined) ?? 0,
    postgresPort: (options['pgPort'] as number | undefined) ?? 0,
    postgres: options['postgres'] as LocalOptions['postgres'],
    folder: folderOf('data'),
    indexFile: isUnasked ? undefined : await indexFileOf(cli),
    importFrom,
    exportTo,
    rates: options['rates'] === true,
    say: (text) => cli.say(text),
  }
}

function noFirestore({ argv }: Cli): LockstepError {
  return new LockstepError('LS-1001', '--import and --export-on-exit are of Firestore', {
    where: { name: `lockstep ${argv.join(' ')}` },
    hint: 'leave out --only postgres',
  })
}

function seedsOf({ folder }: Cli, options: Options): readonly string[] {
  return ((options['seed'] as readonly string[] | undefined) ?? []).flatMap((path) => findSeeds(folder, path))
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
