import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../../../test/cli/fake-world.ts'
import type { Outcome, Scene } from '../../../test/cli/fake-world.ts'
import { lintForm } from '../../report/lint.ts'
import type { LintReport } from '../../report/lint.ts'

let folder = ''

function write(name: string, text: string): string {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const lint = (args: readonly string[], scene?: Scene): Promise<Outcome> =>
  runCli(['lint', '--cwd', folder, ...args], scene)

async function report(...args: readonly string[]): Promise<LintReport> {
  const { out, err } = await lint(['--json', ...args])
  expect(err).toBe('')
  return lintForm.parse(JSON.parse(out))
}

const rulesOf = ({ findings }: LintReport): readonly string[] =>
  findings.filter(({ severity, accepted }) => severity !== 'note' && accepted === null).map(({ rule }) => rule)
const dangerous = '-- é\ncreate index orders_by_note on orders (note);\n'
const safe = "set lock_timeout = '500ms';\nalter table orders add column note text;\n"
const config = (more: string): string =>
  `import { defineConfig } from 'lockstep'
export default defineConfig({ environments: { local: { kind: 'local', firestore: { projectId: 'demo' }, postgres: { url: { env: 'NOT_SET' } } } }, ${more} })\n`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-lint-sql-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('files of SQL need no project', () => {
  test('one by name, with the place of the statement', async () => {
    write('sql/a.sql', dangerous)
    const { code, out } = await lint(['sql/a.sql'])
    expect(code).toBe(3)
    expect(out).toContain('error[index-not-concurrent] an index on orders is built while writers wait')
    expect(out).toContain('sql/a.sql:2:1\n  2 | create index orders_by_note on orders (note);\n    | ^')
    expect(out).toMatch(/1 error, 1 warning in 1 file\n$/)
  })

  test('a folder, a pattern, and each file once', async () => {
    const files = ['db/1/a.sql', 'db/2/b.sql', 'db/c.sql'].map((name) => write(name, safe))
    write('db/readme.md', '')
    expect((await report('db')).files).toEqual(files)
    expect((await report('db/*/*.sql')).files).toEqual(files.slice(0, 2))
    expect((await report('db/**/*.sql', 'db/c.sql')).files).toEqual(files)
    expect((await report('db/?.sql')).files).toEqual(files.slice(2))
  })

  test('what an earlier file defines is known in a later one', async () => {
    write('db/1.sql', "create function f() returns int language sql stable as 'select 1';\n")
    write('db/2.sql', "create or replace function f() returns int language sql as 'select 2';\n")
    expect(rulesOf(await report('db'))).toEqual(['replace-resets-attributes'])
    expect(rulesOf(await report('db/2.sql'))).toEqual([])
  })

  test.each([
    ['a file that is not there', ['gone.sql'], 'LS-1007'],
    ['a pattern without a match', ['db/*.sql'], 'LS-1007'],
    ['a file of another kind', ['a.txt'], 'LS-1007'],
    ['no target, and no project', [], 'LS-1002'],
    ['a migration, and no project', ['20260101000000_gone'], 'LS-1002'],
    ['a version that is none', ['db', '--server-version', 'new'], 'LS-1007'],
    ['a rule that need not be asked for', ['db', '--also', 'drop-table'], 'LS-1007'],
    ['--since outside of a repository', ['db', '--since', 'HEAD'], 'LS-1007'],
  ])('%s is refused', async (_, args, code) => {
    write('a.txt', '')
    write('db/sub/a.sql', safe)
    const done = await lint(args)
    expect([done.code, done.err]).toEqual([64, expect.stringContaining(`error[${code}]`)])
  })
})

describe('what is known beside the text', () => {
  test('the version of the server', async () => {
    write('a.sql', 'set statement_timeout = 0;\ncreate index concurrently i on t (a);\n')
    expect(rulesOf(await report('a.sql'))).toEqual([])
    expect(rulesOf(await report('a.sql', '--server-version', '14.2'))).toEqual(['pg14-index-corruption'])
    write('lockstep.config.ts', config("lint: { serverVersion: '14.2' }"))
    expect(rulesOf(await report('a.sql'))).toEqual(['pg14-index-corruption'])
  })

  test('that the runner wraps every file', async () => {
    write('a.sql', 'create index concurrently i on t (a);\n')
    expect(rulesOf(await report('a.sql', '--one-transaction'))).toEqual(['concurrently-in-tx'])
  })

  test('rules that have to be asked for', async () => {
    write('a.sql', safe)
    expect(rulesOf(await report('a.sql', '--also', 'unqualified-name'))).toEqual(['unqualified-name'])
  })

  test('what the configuration has linted along with the migrations', async () => {
    write('lockstep.config.ts', config("lint: { sql: ['db'], also: ['unqualified-name'] }"))
    write('db/a.sql', dangerous)
    expect([...rulesOf(await report())].sort()).toEqual([
      'index-not-concurrent',
      'missing-lock-timeout',
      'unqualified-name',
    ])
  })
})

describe('inline acceptance', () => {
  test('with a reason is told as accepted', async () => {
    write(
      'a.sql',
      `${safe}-- lockstep: allow drop-column because nobody has read it since 2.3\nalter table t drop column a;\n`,
    )
    const { code, out } = await lint(['a.sql', '--strict'])
    expect([code, out]).toEqual([0, expect.stringContaining('because  nobody has read it since 2.3') as string])
  })

  test('without one is an error, and accepts nothing', async () => {
    write('a.sql', `${safe}alter table t drop column a; -- lockstep: allow drop-column\n`)
    expect([...rulesOf(await report('a.sql'))].sort()).toEqual(['allow-comment', 'drop-column'])
  })

  test('speaks of its statement, or of the file', async () => {
    const two = 'alter table t drop column a;\nalter table t drop column b;\n'
    write('a.sql', `${safe}/* lockstep: allow drop-column because it is gone */ ${two}`)
    expect(rulesOf(await report('a.sql'))).toEqual(['drop-column'])
    write('a.sql', `-- lockstep: allow-file drop-column, missing-lock-timeout because it is gone\n${two}`)
    expect(await report('a.sql')).toMatchObject({ ok: true, warnings: 0, accepted: 3 })
  })
})

describe('--fix', () => {
  test('mends what is mechanical, and says what is left', async () => {
    const file = write(
      'a.sql',
      'alter table a add constraint c check (x > 0);\ncreate index i on a (x);\nalter table a drop column y;\n',
    )
    const { code, out, err } = await lint(['--fix', 'a.sql'])
    expect([code, err]).toEqual([3, 'mended 1 of 1 files\n'])
    expect(readFileSync(file, 'utf8')).toBe(
      "set lock_timeout = '500ms';\nalter table a add constraint c check (x > 0) not valid;\nalter table a validate constraint c;\n" +
        'create index concurrently i on a (x);\nalter table a drop column y;\n',
    )
    expect(out).toContain('error[drop-column]')
    expect(out).not.toContain('index-not-concurrent')
  })

  test('leaves alone what is accepted, and files that need nothing', async () => {
    const text =
      '-- lockstep: allow index-not-concurrent, missing-lock-timeout because the table is empty\ncreate index i on a (x);\n'
    const file = write('a.sql', text)
    expect((await lint(['--fix', 'a.sql'])).err).toBe('nothing could be mended mechanically\n')
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('is refused without files', async () => {
    write('lockstep.config.ts', config(''))
    expect((await lint(['--fix'])).code).toBe(64)
  })
})

test('--since looks at files of SQL that changed', async () => {
  const identity = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false']
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', ['-C', folder, ...identity, ...args], { stdio: 'pipe' })
  write('db/old.sql', dangerous)
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('commit', '-q', '-m', 'x')
  expect((await report('db', '--since', 'main')).files).toEqual([])
  const file = write('db/new.sql', dangerous)
  expect((await report('db', '--since', 'main')).files).toEqual([file])
})

test('--live asks the database, and nothing else unless it is named', async () => {
  write('lockstep.config.ts', config("lint: { sql: ['db'] }"))
  write('db/a.sql', dangerous)
  const finding = {
    rule: 'rls-disabled-exposed',
    severity: 'error',
    message: 'm',
    why: 'w',
    fix: 'f',
    where: { name: 'public.t' },
    migration: null,
    step: null,
    kind: null,
    accepted: null,
  } as const
  const { code, out } = await lint(['--live', '--format', 'sarif'], { lint: [finding] })
  expect(code).toBe(3)
  expect(JSON.parse(out)).toMatchObject({
    runs: [{ results: [{ locations: [{ logicalLocations: [{ fullyQualifiedName: 'public.t' }] }] }] }],
  })
  expect((await lint(['--live'], { lint: [finding] })).out).toContain('error[rls-disabled-exposed] m\n  at   public.t')
})

test('every format holds the finding of a file', async () => {
  write('a.sql', dangerous)
  const said = async (format: string): Promise<string> => (await lint(['a.sql', '--format', format])).out
  expect(await said('github')).toContain(`::error title=index-not-concurrent,file=${folder}/a.sql,line=2,col=1::`)
  expect(JSON.parse(await said('sarif'))).toMatchObject({
    runs: [{ results: [{ ruleId: 'index-not-concurrent' }, { ruleId: 'missing-lock-timeout' }] }],
  })
  write('a.sql', 'set lock_timeout = 1;\nalter table t add column a int;')
  expect(await said('github')).toMatch(/^::notice title=missing-statement-timeout/)
  expect(await said('text')).toMatch(
    /^note\[missing-statement-timeout\] t is changed [^]*a\.sql:2\)\n1 note in 1 file\n$/,
  )
})
