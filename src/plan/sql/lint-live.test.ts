import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadSqlParser } from '../../sql/parser.ts'
import { createPgliteTables } from '../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../stores/tables.ts'
import type { LintFinding } from '../lint-finding.ts'
import { lintLive } from './lint-live.ts'
import { loadSqlFacts } from './load-facts.ts'

const example = (name: string): string => readFileSync(`examples/chatmimic-connect/sql/${name}.sql`, 'utf8')

async function open(...scripts: readonly string[]): Promise<TableWriter> {
  const tables = await createPgliteTables({})
  await tables.transaction(async (q) => {
    for (const script of scripts) await q.script(script)
  })
  return tables
}

const lint = async (tables: TableWriter): Promise<readonly LintFinding[]> => lintLive(tables, await loadSqlParser())
const told = (findings: readonly LintFinding[], rule: string): readonly unknown[] =>
  findings.filter((each) => each.rule === rule).map(({ where, severity }) => [where.name, severity])

describe('the reference app', () => {
  let tables: TableWriter
  let found: readonly LintFinding[]

  beforeAll(async () => {
    const users = "select create_user_table('ada'); select create_user_table('bob'); analyze;"
    tables = await open(example('schema'), example('grants-older'), users)
    found = await lint(tables)
  })
  afterAll(() => tables.close())

  test('its functions run as their owner without a search_path, for everybody', () => {
    const definers = [
      'add_jsonb_column(text,text)',
      'check_column_exists(text,text)',
      'create_config_table()',
      'create_user_table(text)',
      'match_documents(vector,double precision,integer,text)',
    ]
    for (const rule of ['definer-without-search-path', 'definer-executable-by-api', 'function-default-public-execute'])
      expect(told(found, rule)).toEqual(definers.map((name) => [name, 'error']))
  })

  test('DDL made of arguments, a comparison of a column with itself, an order that no index gives', () => {
    expect(told(found, 'dynamic-ddl-definer').map((each) => (each as unknown[])[0])).toEqual([
      'add_jsonb_column(text,text)',
      'create_user_table(text)',
    ])
    const itself = ['check_column_exists(text,text)', 'error']
    expect(told(found, 'self-comparison')).toEqual([itself, itself])
    expect(told(found, 'vector-order-not-indexed')).toEqual([
      ['match_documents(vector,double precision,integer,text)', 'warning'],
    ])
  })

  test('tables of all tenants are told as one: no row level security, ivfflat on nothing', () => {
    expect(told(found, 'rls-disabled-exposed')).toEqual([
      ['public.user_configs', 'error'],
      ['public.user_embeddings_{key}', 'error'],
      ['public.user_table_{key}', 'error'],
    ])
    expect(found.find(({ rule }) => rule === 'ivfflat-on-empty')).toMatchObject({
      where: { name: 'public.user_embeddings_{key}' },
      severity: 'error',
      message: expect.stringContaining('2 ivfflat indexes') as string,
    })
    const messages = found.filter(({ rule }) => rule === 'rls-disabled-exposed').map(({ message }) => message)
    expect(messages[1]).toBe(
      '2 tables public.user_embeddings_{key} without row level security, open to anon, authenticated',
    )
  })

  test('what is as it should be is not told', () => {
    for (const rule of ['invalid-index-leftover', 'backfill-no-key', 'unindexed-fk', 'missing-explicit-grant'])
      expect(told(found, rule)).toEqual([])
  })
})

test('with the grants of newer projects, tables without row level security are a warning, and nobody is given them', async () => {
  const tables = await open(example('schema'), example('grants-newer'), "select create_user_table('ada')")
  try {
    const found = await lint(tables)
    expect(told(found, 'rls-disabled-exposed')).toContainEqual(['public.user_table_{key}', 'warning'])
    expect(told(found, 'missing-explicit-grant')).toEqual([
      ['public.user_embeddings_{key}', 'warning'],
      ['public.user_table_{key}', 'warning'],
    ])
    expect(told(found, 'definer-executable-by-api')).toEqual([])
  } finally {
    await tables.close()
  }
})

describe('a database of its own', () => {
  let tables: TableWriter
  let found: readonly LintFinding[]

  beforeAll(async () => {
    tables = await open(`
      create extension vector;
      create role anon; create role authenticated;
      grant usage on schema public to anon, authenticated;
      create schema auth;
      create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;
      create table teams (id int primary key);
      create table members (team int references teams, who uuid, primary key (who, team));
      create table logs (at timestamptz, what text);
      create table keyed (a int not null unique);
      create index a on members (who); create index b on members (who);
      create table docs (id int primary key, e vector(3), f vector(3));
      create index on docs using hnsw (e vector_l2_ops);
      create function nearest(q vector) returns setof int language sql as $$ select id from docs order by e <=> q limit 1 $$;
      create function by_l2(q vector) returns setof int language sql as $$ select id from docs order by e <-> q limit 1 $$;
      create function find_team(id int) returns boolean language sql as $$ select exists (select 1 from teams where id = $1) $$;
      create function locked(t text) returns void language plpgsql security definer set search_path = '' as $$ begin
        execute format('drop table public.%I', t);
      end $$;
      revoke execute on function locked(text) from public;
      create view plain as select * from logs; grant select on plain to anon;
      create view asking with (security_invoker = true) as select * from logs; grant select on asking to anon;
      alter table members enable row level security;
      create policy each_row on members using (who = auth.uid());
      create policy once on members using (who = (select auth.uid()));
      update pg_index set indisvalid = false where indexrelid = 'b'::regclass;`)
    found = await lint(tables)
  })
  afterAll(() => tables.close())

  test.each([
    ['invalid-index-leftover', ['b', 'error']],
    ['backfill-no-key', ['public.logs', 'warning']],
    ['unindexed-fk', ['public.members members_team_fkey', 'warning']],
    ['opclass-mismatch', ['nearest(vector)', 'error']],
    ['ambiguous-column', ['find_team(integer)', 'warning']],
    ['view-security-definer', ['public.plain', 'error']],
    ['policy-per-row-auth-call', ['public.members: each_row', 'warning']],
  ])('%s', (rule, expected) => {
    expect(told(found, rule)).toEqual([expected])
  })

  test('a function that nobody may call makes what it likes', () => {
    expect(told(found, 'dynamic-ddl-definer')).toEqual([])
  })

  test('nothing is told twice for one thing', () => {
    const twice = found.map(({ rule, where, message }) => [rule, where.name, message].join())
    expect(new Set(twice).size).toBe(twice.length)
  })

  test('indexes that are the same are told once both are valid', async () => {
    await tables.transaction((q) => q.query("update pg_index set indisvalid = true where indexrelid = 'b'::regclass"))
    const [again] = (await lint(tables)).filter(({ rule }) => rule === 'duplicate-index')
    expect(again).toMatchObject({
      where: { name: 'public.members' },
      message: expect.stringContaining('a, b') as string,
    })
  })

  test('facts are the version, the API, and the rows of tables that are asked for', async () => {
    await tables.transaction((q) => q.script('insert into teams select generate_series(1, 50); analyze teams'))
    const facts = await loadSqlFacts(tables, ['public.teams', 'public.gone'])
    expect(facts.serverVersion).toBe(tables.target.serverVersion)
    expect([facts.rows('public.teams'), facts.rows('public.gone'), facts.rows('public.members')]).toEqual([
      50,
      undefined,
      undefined,
    ])
    expect([...(facts.columns('public.teams') ?? [])]).toEqual(['id'])
    expect(facts.api).toBe(true)
  })
})
