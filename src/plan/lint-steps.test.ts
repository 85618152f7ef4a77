import { expect, test } from 'vitest'
import type { LoadedMigration } from '../migrations/load-migrations.ts'
import { defineTableOperation } from '../operations/operation.ts'
import { loadSqlParser } from '../sql/parser.ts'
import type { SqlText } from '../sql/sql-text.ts'
import { noIndexSettings } from '../operations/index-settings.ts'
import { lintMigration } from './lint.ts'
import type { LintFinding } from './lint-finding.ts'
import { requireLinted } from './lint-finding.ts'
import { noSqlFacts } from './sql/sql-facts.ts'

const never = (): never => {
  throw new Error('lint asks an operation for what it means and for nothing else')
}
const operation = defineTableOperation<unknown>({
  kind: 'sql',
  meta: { summary: 's', phases: [], destructive: false },
  parse: never,
  plan: never,
  remaining: never,
  verify: never,
  apply: never,
  behind: never,
  reverting: never,
  revert: never,
  sql: (spec) => spec as readonly SqlText[],
})

/** What is found in a migration of one step with this SQL. */
async function lint(
  texts: readonly SqlText[],
  allow: Readonly<Record<string, string>> = {},
): Promise<readonly LintFinding[]> {
  const place = (): { file: string; line: number } => ({ file: '/shop/x.ts', line: 7 })
  const migration: LoadedMigration = {
    id: '20261122093000_x',
    file: '/shop/x.ts',
    summary: 's',
    allow,
    checksum: { text: '', meaning: '' },
    steps: [{ kind: 'sql', operation, spec: texts, place }],
  }
  const facts = { oldestReaders: undefined, indexes: noIndexSettings }
  return lintMigration(migration, [], facts, { parser: await loadSqlParser(), facts: noSqlFacts })
}

const drop = 'select 1;\n alter table users drop column fax'

test('SQL written in a step has the place of the step and its own', async () => {
  const [found] = (await lint([{ name: 'up', text: drop, inTransaction: true }])).filter(
    ({ severity }) => severity === 'error',
  )
  expect(found).toMatchObject({
    rule: 'drop-column',
    migration: '20261122093000_x',
    step: 0,
    kind: 'sql',
    where: { file: '/shop/x.ts', line: 7, name: 'up:2:2' },
  })
  expect(found).not.toHaveProperty('edits')
  expect(found).not.toHaveProperty('text')
  expect(() => requireLinted(found === undefined ? [] : [found], [])).toThrow(
    expect.objectContaining({
      code: 'LS-2501',
      message: expect.stringMatching(/^step 1 \(sql\): fax of users/) as string,
    }),
  )
})

test('SQL of a file has its own place, and timeouts are Lockstep’s business', async () => {
  const found = await lint([{ name: 'up', text: drop, file: '/shop/sql/a.sql' }])
  expect(found.map(({ rule, where }) => [rule, where.file, where.line])).toEqual([
    ['drop-column', '/shop/sql/a.sql', 2],
  ])
})

test('parts run one after the other, in or out of a transaction as the step says', async () => {
  const parts = [
    { name: 'up', text: "create function f() returns int language sql stable as 'select 1'" },
    { name: 'down', text: "create or replace function f() returns int language sql as 'select 1'" },
    { name: 'verify', text: 'create index concurrently i on t (a)', inTransaction: true },
  ]
  const found = (await lint(parts)).map(({ rule, where }) => [rule, where.name])
  expect(found).toEqual([
    ['replace-resets-attributes', 'down:1:1'],
    ['concurrently-in-tx', 'verify:1:1'],
  ])
})

test('accepted by the migration, or beside the statement', async () => {
  const text =
    '-- lockstep: allow drop-column because it is empty\nalter table t drop column a;\nalter table t drop column b;'
  const reasons = async (allow = {}): Promise<readonly unknown[]> =>
    (await lint([{ name: 'up', text }], allow)).map(({ accepted }) => accepted)
  expect(await reasons()).toEqual(['it is empty', null])
  expect(await reasons({ 'drop-column': 'both are' })).toEqual(['both are', 'both are'])
})

test('a definition is looked at by itself: grants, attributes and settings around it are somebody else’s', async () => {
  const text = `create or replace function f(table_name text) returns boolean language plpgsql security definer as $$
begin
  execute format('create table %I (id int)', table_name);
  return exists (select 1 from information_schema.columns c where c.table_name = table_name);
end $$`
  const rules = async (definition: SqlText['definition']): Promise<readonly string[]> =>
    [...new Set((await lint([{ name: 'f.sql', text, definition }])).map(({ rule }) => rule))].sort()
  expect(await rules(undefined)).toContain('function-default-public-execute')
  expect(await rules({ execute: [] })).toEqual(['ambiguous-column'])
  expect(await rules({ execute: ['authenticated'] })).toEqual(['ambiguous-column', 'dynamic-ddl-definer'])
})
