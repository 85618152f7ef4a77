import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../../../test/cli/fake-world.ts'
import type { Outcome } from '../../../test/cli/fake-world.ts'
import { lintForm } from '../../report/lint.ts'
import type { LintReport } from '../../report/lint.ts'

const [older, newer] = ['20261101000000_older', '20261122000000_newer']
let folder = ''

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

const head = "import { defineConfig, defineMigration, firestore, postgres } from 'lockstep'\n"

function config(more = ''): void {
  const local = "local: { kind: 'local', firestore: { projectId: 'demo' }, postgres: { url: { env: 'NOT_SET' } } }"
  write('lockstep.config.ts', `${head}export default defineConfig({ environments: { ${local} }${more} })\n`)
}

function migration(id: string, step: string, more = ''): void {
  write(
    `migrations/${id}.ts`,
    `${head}\nexport default defineMigration({\n  summary: 's',\n  steps: [\n    ${step},\n  ],${more}\n})\n`,
  )
}

const pattern = "'Whatsapp_Data/{uid}/chats/{phone}'"
const clean = `firestore.addField(${pattern}, { language: 'en' })`
const queried = `firestore.addField(${pattern}, { language: 'en' }, { queried: true })`
const expired = `firestore.addField(${pattern}, { endsAt: new Date(0) })`

/** Lint, in the project; whatever it says, it asked for no store. */
async function lint(...args: readonly string[]): Promise<Outcome> {
  const done = await runCli(['lint', '--cwd', folder, ...args])
  expect(done.calls).toEqual([])
  return done
}

async function report(...args: readonly string[]): Promise<LintReport> {
  return lintForm.parse(JSON.parse((await lint('--json', ...args)).out))
}

const rulesOf = ({ findings }: LintReport): readonly string[] => findings.map(({ rule }) => rule)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-lint-'))
  config()
  const override = { collectionGroup: 'chats', fieldPath: 'endsAt', ttl: true }
  write(
    'firestore.indexes.json',
    `{ // the field by which chats end\n"fieldOverrides": [${JSON.stringify(override)}] }`,
  )
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('exit codes', () => {
  test.each([
    ['nothing found', clean, [], 0],
    ['a warning', queried, [], 0],
    ['a warning, strict', queried, ['--strict'], 3],
    ['an error', expired, [], 3],
  ])('%s', async (_, step, args, code) => {
    migration(older, step)
    for (const format of ['text', 'json', 'github', 'sarif'])
      expect([format, (await lint(...args, '--format', format)).code]).toEqual([format, code])
  })

  test('a project without migrations has nothing to find', async () => {
    expect(await lint()).toMatchObject({ code: 0, out: 'nothing found in 0 migrations\n' })
  })

  test('a file that does not load is no finding but a failure', async () => {
    write(`migrations/${older}.ts`, 'throw new Error("no")\n')
    expect((await lint()).code).toBe(1)
  })

  test.each([
    ['a migration that is not there', ['20260101000000_gone'], 'LS-2006'],
    ['a migration and --since', [older, '--since', 'HEAD'], 'LS-1007'],
    ['--since outside of a repository', ['--since', 'HEAD'], 'LS-1007'],
    ['a format of other verbs', ['--format', 'ndjson'], 'LS-1007'],
  ])('%s is refused', async (_, args, code) => {
    migration(older, clean)
    const done = await lint(...args)
    expect(done.code).toBe(64)
    expect(done.err).toContain(`error[${code}]`)
  })
})

test('a finding is shown as an error is, with the place of its step', async () => {
  migration(older, expired)
  const { out } = await lint()
  expect(out).toContain('error[ttl-conversion] step 1 (addField): endsAt of Whatsapp_Data/{uid}/chats/{phone}')
  expect(out).toContain(`migrations/${older}.ts:6:15\n  6 |     firestore.addField(`)
  expect(out).toMatch(/^ {2}why {2}only timestamps expire/m)
  expect(out).toMatch(/^ {2}fix {2}take "ttl": true/m)
  expect(out).toMatch(/^ {2}docs docs\/reference\/lint\.md#ttl-conversion$/m)
  expect(out).toMatch(/\n1 error in 1 migration\n$/)
})

test('every file is looked at, or the one named', async () => {
  migration(older, expired)
  migration(newer, queried)
  expect(rulesOf(await report())).toEqual(['ttl-conversion', 'queried-field-without-index'])
  expect(await report(newer)).toMatchObject({ ok: true, warnings: 1, migrations: [newer] })
})

test('an index in firestore.indexes.json silences what lacks it', async () => {
  migration(older, queried)
  expect(rulesOf(await report())).toEqual(['queried-field-without-index'])
  const index = { collectionGroup: 'chats', fieldPath: 'language', indexes: [{ queryScope: 'COLLECTION_GROUP' }] }
  write('firestore.indexes.json', JSON.stringify({ fieldOverrides: [index] }))
  expect(rulesOf(await report())).toEqual([])
  rmSync(join(folder, 'firestore.indexes.json'))
  expect(rulesOf(await report())).toEqual(['queried-field-without-index'])
})

test('the files before one are read only where its findings hang on them', async () => {
  write(`migrations/${older}.ts`, 'throw new Error("gone with what it imported")\n')
  migration(newer, clean)
  expect((await lint(newer)).code).toBe(0)
  migration(newer, queried)
  expect((await lint(newer)).code).toBe(1)
})

test('what is accepted with a reason is told and stops nothing, strict or not', async () => {
  migration(older, expired, `\n  allow: { 'ttl-conversion': 'these chats are to go' },`)
  expect(await report('--strict')).toMatchObject({
    ok: true,
    errors: 0,
    accepted: 1,
    findings: [{ accepted: 'these chats are to go' }],
  })
  const { out, code } = await lint()
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(
      /^accepted\[ttl-conversion\] .*\n  because  these chats are to go\n1 accepted in 1 migration\n$/s,
    ),
  ])
})

test.each([
  ['no reason', `allow: { 'ttl-conversion': ' ' }`],
  ['no such rule', `allow: { 'ttl-conversation': 'why' }`],
])('an acceptance with %s is refused', async (_, allow) => {
  migration(older, expired, `\n  ${allow},`)
  const { code, err } = await lint()
  expect([code, err]).toEqual([1, expect.stringContaining('error[LS-2002]')])
})

test('clients.oldest must be a migration on disk', async () => {
  migration(older, clean)
  config(`, clients: { oldest: '${older}' }`)
  expect((await lint()).code).toBe(0)
  config(`, clients: { oldest: '${newer}' }`)
  const { code, err } = await lint()
  expect([code, err]).toEqual([64, expect.stringContaining(`clients.oldest names ${newer}`)])
  config(`, clients: { oldest: 'none' }`)
  expect((await lint()).code).toBe(0)
})

test('clients are told apart by what their readers know', async () => {
  migration(older, clean)
  migration(newer, `firestore.renameField(${pattern}, 'unread', 'waiting')`)
  const found = async (clients: string): Promise<readonly unknown[]> => {
    config(clients)
    return (await report()).findings.map(({ rule, severity, message }) => [rule, severity, message.includes(older)])
  }
  expect(await found('')).toEqual([['old-client-breaks', 'warning', false]])
  expect(await found(`, clients: { oldest: '${older}' }`)).toEqual([['old-client-breaks', 'warning', true]])
  expect(await found(`, clients: { oldest: '${newer}' }`)).toEqual([])
})

describe('--since', () => {
  const git = (...args: readonly string[]): string => {
    const identity = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false']
    return execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8', stdio: 'pipe' })
  }
  const commit = (): void => void (git('add', '.'), git('commit', '-q', '-m', 'x'))

  test('leaves out what was there before, and takes what is changed, new or not yet added', async () => {
    const changed = '20261110000000_changed'
    migration(older, expired)
    migration(changed, clean)
    git('init', '-q', '-b', 'main')
    commit()
    expect((await report('--since', 'main')).migrations).toEqual([])
    git('checkout', '-q', '-b', 'work')
    migration(changed, queried)
    commit()
    migration(newer, queried)
    expect(await report('--since', 'main')).toMatchObject({ ok: true, migrations: [changed, newer] })
    expect((await report('--since', 'HEAD')).migrations).toEqual([newer])
    const unknown = await lint('--since', 'no-such-branch')
    expect([unknown.code, unknown.err]).toEqual([
      64,
      expect.stringContaining('git cannot tell what changed since no-such-branch'),
    ])
    expect((await lint('--since=--cached')).code).toBe(64)
  })
})
