import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../../../test/cli/fake-world.ts'
import { createCalls, integer, put } from '../../../test/stores/firestore-calls.ts'
import { main } from '../main.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-local-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Serves until `end` is called; `printed` is what stdout holds once it serves. */
async function serve(...argv: readonly string[]): Promise<{ readonly printed: string; end(): Promise<number> }> {
  const stdout = new PassThrough()
  let interrupt = (): void => undefined
  const ended = main(['local', ...argv, '--cwd', folder], {
    stdout,
    stderr: new PassThrough().resume(),
    env: {},
    onInterrupt: (handler) => {
      interrupt = handler
      return () => undefined
    },
    exit: () => undefined,
  })
  const printed = await new Promise<string>((resolve) =>
    stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  )
  const end = async (): Promise<number> => {
    interrupt()
    return ended
  }
  return { printed, end }
}

test('it prints variables by which drivers find the store, tells them to others, and ends clean', async () => {
  const { printed, end } = await serve('--only', 'postgres')
  const url = /^export DATABASE_URL='(.+)'\n$/.exec(printed)?.[1]
  const client = new Client(url)
  await client.connect()
  expect((await client.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }])
  await client.end()
  expect((await runCli(['local', '--print-env', '--cwd', folder])).out).toBe(printed)
  expect(JSON.parse((await runCli(['local', '--print-env', '--json', '--cwd', folder])).out)).toEqual({
    formatVersion: 1,
    variables: { DATABASE_URL: url },
  })
  expect(await end()).toBe(0)
  expect(await runCli(['local', '--print-env', '--cwd', folder])).toMatchObject({ code: 1, out: '' })
})

test('a command runs with both stores, and its exit code is passed on', async () => {
  const script = `process.exit(/^postgres:/.test(process.env.DATABASE_URL) && /^127/.test(process.env.FIRESTORE_EMULATOR_HOST) ? 7 : 1)`
  const { code, out } = await runCli([
    'local',
    '--cwd',
    folder,
    '--data',
    'data',
    '--exec',
    process.execPath,
    '-e',
    script,
    '--',
    '--json',
  ])
  expect([code, out]).toEqual([7, ''])
  expect(readdirSync(join(folder, 'data')).sort()).toEqual(['firestore', 'postgres'])
  expect(existsSync(join(folder, '.lockstep/local.json'))).toBe(false)
})

test('new stores are filled from SQL and programs, kept ones are not filled again', async () => {
  mkdirSync(join(folder, 'db'))
  writeFileSync(join(folder, 'db/seed.sql'), "create table notes (text text); insert into notes values ('from SQL');")
  writeFileSync(
    join(folder, 'more.ts'),
    `import { createRequire } from 'node:module'
     const { Client } = createRequire(${JSON.stringify(import.meta.url)})('pg')
     const client = new Client(process.env.DATABASE_URL as string)
     await client.connect()
     await client.query("insert into notes values ('from a program')")
     await client.end()
     console.log('sown')`,
  )
  const seeds = ['--seed', 'db', '--seed', 'more.ts', '--data', 'data', '--only', 'postgres']
  for (const _ of [1, 2]) {
    const { printed, end } = await serve(...seeds)
    const client = new Client(/'(.+)'/.exec(printed)?.[1])
    await client.connect()
    const { rows } = await client.query<{ text: string }>('select text from notes')
    expect(rows.map(({ text }) => text)).toEqual(['from SQL', 'from a program'])
    await client.end()
    await end()
  }
})

test('stores that cannot be filled leave no data and no export; ones filled in part are not gone on with', async () => {
  // Fails while the folder is marked as unfinished, and serves for ever where it is not.
  const marked = `existsSync(${JSON.stringify(join(folder, 'data/unfinished'))})`
  writeFileSync(join(folder, 'bad.mjs'), `import { existsSync } from 'node:fs'\nprocess.exit(${marked} ? 3 : 0)`)
  const argv = ['local', '--cwd', folder, '--only', 'firestore', '--data', 'data', '--export-on-exit', 'out']
  for (const from of [
    ['--seed', 'bad.mjs'],
    ['--import', 'nowhere'],
  ])
    expect(await runCli([...argv, ...from])).toMatchObject({ code: 1 })
  expect(readdirSync(folder)).toEqual(['bad.mjs'])
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data/unfinished'), '')
  expect(await runCli(argv)).toMatchObject({ code: 1, err: expect.stringContaining('was filled only in part') })
})

test('a seed that fails, or is none, is named, and nothing goes on serving', async () => {
  writeFileSync(join(folder, 'bad.sql'), 'create table half (id int); select nothing')
  writeFileSync(join(folder, 'bad.mjs'), 'process.exit(3)')
  const tryOut = (path: string): ReturnType<typeof runCli> =>
    runCli(['local', '--cwd', folder, '--only', 'postgres', '--seed', path])
  expect(await tryOut('bad.sql')).toMatchObject({ code: 1, err: expect.stringContaining('bad.sql') })
  expect(await tryOut('bad.mjs')).toMatchObject({ code: 1, err: expect.stringContaining('it ended with 3') })
  for (const none of ['.', 'nowhere.sql', 'bad.txt']) {
    writeFileSync(join(folder, 'bad.txt'), '')
    expect(await tryOut(none)).toMatchObject({ code: 1, err: expect.stringContaining('LS-1009') })
  }
})

test('queries are held to the index file of the project, unless it is said otherwise', async () => {
  const ask = async (...options: readonly string[]): Promise<unknown> => {
    const { printed, end } = await serve('--only', 'firestore', ...options)
    const calls = createCalls(/'(.+)'/.exec(printed)?.[1] ?? '', 'indexed')
    const orderBy = ['a', 'b'].map((fieldPath) => ({ field: { fieldPath } }))
    const answer = await calls.query({ from: [{ collectionId: 'k' }], orderBy }).then(
      () => 'answered',
      (error: unknown) => String(error),
    )
    await calls.close()
    await end()
    return answer
  }
  expect(await ask()).toBe('answered')
  writeFileSync(join(folder, 'firestore.indexes.json'), '{ "indexes": [] }')
  expect(await ask()).toContain('Add this to "indexes" in firestore.indexes.json')
  expect(await ask('--lenient')).toBe('answered')
  mkdirSync(join(folder, 'db'))
  const fields = [
    { fieldPath: 'a', order: 'ASCENDING' },
    { fieldPath: 'b', order: 'ASCENDING' },
  ]
  const index = { collectionGroup: 'k', queryScope: 'COLLECTION', fields }
  writeFileSync(join(folder, 'db/indexes.json'), JSON.stringify({ indexes: [index] }))
  writeFileSync(
    join(folder, 'lockstep.config.mjs'),
    "export default { environments: {}, firestoreIndexes: 'db/indexes.json' }",
  )
  expect(await ask()).toBe('answered')
})

test('it leaves an export behind, and begins with one', async () => {
  const first = await serve('--only', 'firestore', '--import', 'out', '--export-on-exit', 'out')
  const calls = createCalls(/'(.+)'/.exec(first.printed)?.[1] ?? '', 'exported')
  await calls.commit([put(calls, 'k/1', { x: integer(1) })])
  await calls.close()
  await first.end()
  const second = await serve('--only', 'firestore', '--import', 'out')
  const others = createCalls(/'(.+)'/.exec(second.printed)?.[1] ?? '', 'exported')
  expect(await others.found({ from: [{ collectionId: 'k' }] })).toEqual(['k/1'])
  await others.close()
  await second.end()
  const third = await serve('--only', 'firestore', '--export-on-exit', 'out')
  await third.end()
  const fourth = await serve('--only', 'firestore', '--import', 'out')
  const none = createCalls(/'(.+)'/.exec(fourth.printed)?.[1] ?? '', 'exported')
  expect(await none.found({ from: [{ collectionId: 'k' }] })).toEqual([])
  await none.close()
  await fourth.end()
  const refused = await runCli(['local', '--cwd', folder, '--only', 'firestore', '--import', 'nowhere'])
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('LS-3015') })
  expect((await runCli(['local', '--cwd', folder, '--only', 'postgres', '--import', 'out'])).code).toBe(64)
})

test('a command that does not exist is named', async () => {
  const { code, err } = await runCli(['local', '--cwd', folder, '--only', 'firestore', '--exec', 'no-such-program'])
  expect(code).toBe(64)
  expect(err).toContain('no-such-program cannot be run')
})

test('--exec without a command is a mistake', async () => {
  expect((await runCli(['local', '--exec'])).code).toBe(64)
})

test('a port that is taken is named', async () => {
  const { printed, end } = await serve('--only', 'postgres')
  const port = /:(\d+)\//.exec(printed)?.[1] ?? ''
  const elsewhere = mkdtempSync(join(tmpdir(), 'lockstep-local-'))
  const other = await runCli(['local', '--cwd', elsewhere, '--pg-port', port, '--data', 'kept/data'])
  expect(other.code).toBe(1)
  expect(readdirSync(join(elsewhere, 'kept'))).toEqual([])
  rmSync(elsewhere, { recursive: true })
  expect(other.err).toContain('LS-3008')
  await end()
})
