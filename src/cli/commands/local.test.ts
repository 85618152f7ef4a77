import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../../../test/cli/fake-world.ts'
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
  const other = await runCli(['local', '--cwd', mkdtempSync(join(tmpdir(), 'lockstep-local-')), '--pg-port', port])
  expect(other.code).toBe(1)
  expect(other.err).toContain('LS-3008')
  await end()
})
