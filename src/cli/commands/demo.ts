import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LockstepError } from '../../kernel/errors.ts'
import { createFirestoreServer } from '../../local/firestore/server.ts'
import { createPostgresServer } from '../../local/postgres/server.ts'
import { packageFolder } from '../../version.ts'
import type { Cli } from '../cli.ts'
import type { Options } from '../verb.ts'

const root = fileURLToPath(packageFolder)
const example = join(root, 'examples/chatmimic-connect')

/** What a user would type, in order, while the app goes on writing. */
const story: readonly (readonly string[])[] = [
  ['plan'],
  ['up'],
  ['verify', '--level', 'full'],
  ['down', '--yes'],
  ['up'],
  ['complete', '--yes'],
  ['journal'],
]

/**
 * `lockstep demo`: the reference app on embedded stores, its clients of the old and the new version writing all the
 * time, and a migration that goes there, back, there again and completes. Fails when a client meets an error or a
 * write of theirs is lost.
 */
export async function demo(cli: Cli, options: Options): Promise<number> {
  if (!existsSync(example))
    throw new LockstepError('LS-1006', 'the example app is not in this installation', {
      where: { name: example },
      hint: 'install lockstep anew',
    })
  const started = cli.world.clock.now()
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-demo-'))
  cli.say('Starting both databases in this process: no Java, no Docker, no account.')
  const firestore = await createFirestoreServer()
  const postgres = await createPostgresServer()
  try {
    const stage = createStage(cli, { FIRESTORE_EMULATOR_HOST: firestore.host, DATABASE_URL: postgres.url })
    await perform(stage, {
      tenants: String(options['tenants']),
      documents: String(options['documents']),
      journal: join(folder, 'clients.ndjson'),
    })
    const seconds = Math.round((cli.world.clock.now() - started) / 1000)
    cli.say(`\nDone in ${seconds} s: there, back, there again, completed. No client met an error, no write was lost.`)
    return 0
  } finally {
    await Promise.all([firestore.close(), postgres.close()])
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Stage {
  readonly cli: Cli
  run(script: string, args: readonly string[]): Promise<string>
  show(args: readonly string[]): Promise<void>
  begin(script: string, args: readonly string[]): Background
}

interface Background {
  readonly child: ChildProcess
  readonly output: Promise<string>
}

interface Cast {
  readonly tenants: string
  readonly documents: string
  readonly journal: string
}

async function perform(stage: Stage, { tenants, documents, journal }: Cast): Promise<void> {
  const seed = join(example, 'bin/seed.mjs')
  const simulate = join(example, 'bin/simulate.mjs')
  stage.cli.say(
    `Seeding ${tenants} tenants with two tables each and ${documents} documents (invented names, numbers and texts).`,
  )
  await stage.run(seed, ['--tenants', tenants, '--documents', documents, '--embeddings', '1', '--no-embeddings-index'])
  stage.cli.say('Clients of the old and the new version of the app start writing, and go on until the end.')
  const app = stage.begin(simulate, ['--tenants', tenants, '--rate', '40', '--rewrite-chats', '--log', journal])
  try {
    for (const args of story) await stage.show(args)
  } finally {
    app.child.kill('SIGTERM')
  }
  const { operations, errorCount } = JSON.parse(await app.output) as {
    operations?: Readonly<Record<string, number>>
    errorCount: number
  }
  const total = Object.values(operations ?? {}).reduce((sum, each) => sum + each, 0)
  // The column went with `down`; what clients wrote to it is in lockstep.kept_values, as the journal says.
  await stage.run(simulate, ['--check', journal, '--except', 'language'])
  stage.cli.say(
    `\nThe app meanwhile: ${total} operations, ${errorCount} errors; every acknowledged write is still there.`,
  )
}

function createStage(cli: Cli, stores: NodeJS.ProcessEnv): Stage {
  const env = { ...cli.world.env, ...stores, CI: cli.world.env['CI'] ?? '', LOCKSTEP_ENV: 'local' }
  const begin: Stage['begin'] = (script, args) => {
    const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    return { child, output: outputOf(child, script) }
  }
  return {
    cli,
    begin,
    run: (script, args) => begin(script, args).output,
    show(args) {
      cli.say(`\n${cli.talk.paint.bold(`$ lockstep ${args.join(' ')}`)}`)
      const child = spawn(process.execPath, [join(root, 'bin/lockstep.js'), ...args, '--cwd', example], {
        env,
        stdio: 'inherit',
      })
      return ended(child, `lockstep ${args[0] ?? ''}`)
    },
  }
}

async function outputOf(child: ChildProcess, script: string): Promise<string> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  await ended(child, script, () => stderr.slice(-2000) + stdout.slice(-2000))
  return stdout
}

function ended(child: ChildProcess, name: string, why: () => string = () => ''): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else
        reject(
          new LockstepError('LS-9001', `${name} ended with ${code ?? 'a signal'}`, {
            where: { name },
            why: why(),
            hint: 'this is a defect of Lockstep: report it with this output',
          }),
        )
    })
  })
}
