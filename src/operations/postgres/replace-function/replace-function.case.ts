import type { OperationCase } from '../../operation-case.ts'
import { replaceFunctionStep } from './replace-function.ts'

const role = `do $$ begin
  if not exists (select from pg_roles where rolname = 'law_reader') then create role law_reader; end if;
end $$`

const orders = [
  role,
  'create table orders (id int primary key, total numeric)',
  'insert into orders select n, n * 10 from generate_series(1, 5) n',
]

const rounded = [
  ...orders,
  `create function net(v numeric) returns numeric language plpgsql immutable strict parallel safe cost 7 security definer
     set search_path = '' set work_mem = '8MB' as $$ begin return v - 1; end $$`,
  'comment on function net(numeric) is \'without "the" fee\'',
  'revoke all on function net(numeric) from public',
  'grant execute on function net(numeric) to law_reader with grant option',
]

const used = [
  ...orders,
  `create function label(v int) returns text language sql immutable as $$ select 'no ' || v $$`,
  "comment on function label(int) is 'for people'",
  'revoke all on function label(int) from public',
  'grant execute on function label(int) to law_reader',
  "alter table orders add column name text default label(0), add constraint named check (label(id) <> 'no 99')",
  "comment on constraint named on orders is 'ninety-nine is taken'",
  'create view labelled with (security_barrier = true) as select id, label(id) as label from orders',
  "comment on view labelled is 'read by the shop'",
  'grant select on labelled to law_reader',
  'alter table orders enable row level security',
  "create policy few on orders for select to law_reader using (label(id) < 'no 3')",
  `create function noted() returns trigger language plpgsql as $$ begin new.name := 'noted'; return new; end $$`,
  "create trigger note before update on orders for each row when (label(new.id) = 'no 2') execute function noted()",
  "comment on trigger note on orders is 'the second'",
  'alter table orders enable always trigger note',
  'create function twice(n int) returns text language sql begin atomic select label(n) || label(n); end',
]

const relabelled = `create or replace function label(value int) returns text language sql
  as $$ select case when value = 99 then 'no 99' else 'nr ' || value end $$;`

const matching = [
  'create table notes (id int primary key, owner text, content text)',
  "insert into notes values (1, 'a', 'x'), (2, 'a', 'xx'), (3, 'b', 'xxx')",
  role,
  `create function match_notes(wanted int, table_name text) returns table (id int, content text) language plpgsql
     stable security definer set search_path = '' as $$
   begin return query select n.id, n.content from public.notes n where n.owner = table_name limit wanted; end $$`,
  'revoke all on function match_notes(int, text) from public',
  'grant execute on function match_notes(int, text) to law_reader',
]

const matched = `create function match_notes(uid text, wanted int default 10)
returns table (id int, content text, length int) language sql as $$
  select n.id, n.content, length(n.content) from public.notes n where n.owner = uid order by n.id limit wanted
$$`

const makeTenant = (columns: string): string => `
create or replace function create_user_table(uid text) returns boolean language plpgsql security definer set search_path = public as $$
begin
  execute format('create table if not exists %I (id serial primary key${columns})', 'user_table_' || md5(uid));
  return true;
end $$`
const tenantsConfig = {
  source: { from: 'documents', collection: 'Users' },
  key: 'md5',
  tables: { user_table: 'user_table_{key}' },
  provision: 'create_user_table(text)',
} as const
const users = { 'Users/a': { email: 'a@example.test' }, 'Users/b': { email: 'b@example.test' } }
const language = {
  kind: 'addColumn',
  spec: { target: { tenants: 'user_table' }, column: 'language', type: 'text', options: { default: 'en' } },
} as const

const grantsOf = (name: string): string =>
  `select string_agg(coalesce(r.rolname, 'public') || case when x.is_grantable then '*' else '' end, ',' order by r.rolname) as who
   from pg_proc p cross join aclexplode(p.proacl) x left join pg_roles r on r.oid = x.grantee
   where p.oid = '${name}'::regprocedure and x.grantee <> p.proowner`

/** The text alone; the signature with all that calls it; a second signature beside the first; the one that makes tenants. */
export const replaceFunctionCases: readonly OperationCase[] = [
  {
    name: 'another body keeps every attribute that the file leaves out',
    steps: [replaceFunctionStep('net', { file: 'sql/net.sql' })],
    sources: {
      'sql/net.sql': `create or replace function net(v numeric) returns numeric language plpgsql stable as $$
begin return v - 2; end $$;\n`,
    },
    before: { documents: {}, sql: [...rounded, 'create view cheap as select id, net(total) as net from orders'] },
    after: {
      documents: {},
      queries: [
        { sql: 'select net from cheap where id = 1', rows: [{ net: '8' }] },
        {
          sql: `select prosecdef, provolatile::text, proisstrict, proparallel::text, procost, proconfig::text,
                       obj_description(oid) as comment from pg_proc where proname = 'net'`,
          rows: [
            {
              prosecdef: true,
              provolatile: 's',
              proisstrict: true,
              proparallel: 's',
              procost: 7,
              proconfig: '{"search_path=\\"\\"",work_mem=8MB}',
              comment: 'without "the" fee',
            },
          ],
        },
        { sql: grantsOf('net(numeric)'), rows: [{ who: 'law_reader*' }] },
      ],
    },
    others: {
      documents: {},
      sql: [
        'insert into orders values (6, 60)',
        `create or replace function net(v numeric) returns numeric language sql as 'select 0.5'`,
      ],
      afterDown: {
        documents: {},
        queries: [
          { sql: 'select net from cheap where id = 6', rows: [{ net: '0.5' }] },
          { sql: grantsOf('net(numeric)'), rows: [{ who: 'law_reader*' }] },
        ],
      },
    },
  },
  {
    name: 'another signature takes along what calls the function',
    steps: [replaceFunctionStep('label(int)', { file: 'sql/label.sql' })],
    sources: { 'sql/label.sql': relabelled },
    before: { documents: {}, sql: used },
    after: {
      documents: {},
      queries: [
        { sql: 'select label from labelled where id = 2', rows: [{ label: 'nr 2' }] },
        { sql: 'select twice(1) as twice, label(value => 3) as named', rows: [{ twice: 'nr 1nr 1', named: 'nr 3' }] },
        { sql: grantsOf('label(int)'), rows: [{ who: 'law_reader' }] },
        {
          sql: `select obj_description('label(int)'::regprocedure) as comment, provolatile::text from pg_proc where proname = 'label'`,
          rows: [{ comment: 'for people', provolatile: 'i' }],
        },
        { sql: "select count(*)::int as found from pg_proc where proname like 'label%'", rows: [{ found: 1 }] },
      ],
    },
    others: {
      documents: {},
      sql: ['create view later as select label(id) as label from orders', 'insert into orders values (7, 1)'],
      afterDown: {
        documents: {},
        queries: [
          { sql: "select label from later where label like '%7'", rows: [{ label: 'no 7' }] },
          { sql: 'select name from orders where id = 7', rows: [{ name: 'nr 0' }] },
          { sql: grantsOf('label(int)'), rows: [{ who: 'law_reader' }] },
        ],
      },
    },
  },
  {
    name: 'a second signature stands beside a shim of the first',
    steps: [
      replaceFunctionStep('match_notes(int, text)', {
        file: 'sql/match_notes.sql',
        shim: 'select m.id, m.content from public.match_notes(uid => table_name, wanted => wanted) m',
        probe: "select * from match_notes('a')",
      }),
    ],
    sources: { 'sql/match_notes.sql': matched },
    before: { documents: {}, sql: matching },
    after: {
      documents: {},
      queries: [
        { sql: "select id, length from match_notes('a', 1)", rows: [{ id: 1, length: 1 }] },
        { sql: grantsOf('match_notes(text, int)'), rows: [{ who: 'law_reader' }] },
        {
          sql: "select prosecdef, proconfig::text from pg_proc where oid = 'match_notes(text, int)'::regprocedure",
          rows: [{ prosecdef: true, proconfig: '{"search_path=\\"\\""}' }],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        "insert into notes values (4, 'b', 'by the old one')",
        'grant execute on function match_notes(int, text) to public',
      ],
      afterDown: {
        documents: {},
        queries: [
          { sql: "select id from match_notes(9, 'b') order by id", rows: [{ id: 3 }, { id: 4 }] },
          { sql: "select count(*)::int as found from pg_proc where proname like 'match_notes%'", rows: [{ found: 1 }] },
          { sql: grantsOf('match_notes(int, text)'), rows: [{ who: 'law_reader,public' }] },
        ],
      },
    },
  },
  {
    name: 'the provisioning function is replaced below the wrapper of another step',
    tenants: tenantsConfig,
    steps: [language, replaceFunctionStep('create_user_table', { file: 'sql/create_user_table.sql' })],
    sources: {
      'sql/create_user_table.sql': makeTenant(', company_info jsonb').replace('security definer ', ''),
    },
    before: {
      documents: users,
      sql: [
        makeTenant(', company_info jsonb'),
        'revoke all on function create_user_table(text) from public',
        "select create_user_table('a'), create_user_table('b')",
        makeTenant(', company_info json'),
      ],
    },
    after: {
      documents: users,
      queries: [
        {
          sql: "select count(*)::int as found from information_schema.columns where table_name like 'user_table%' and column_name = 'language'",
          rows: [{ found: 2 }],
        },
        {
          sql: `select count(*)::int as found from pg_proc where proname like 'create_user_table%' and prosecdef
                and (prosrc like '%company_info jsonb%') <> (prosrc like '%lockstep_oid%')`,
          rows: [{ found: 2 }],
        },
      ],
    },
    others: {
      documents: { 'Users/c': { email: 'c@example.test' } },
      sql: [
        "select create_user_table('c')",
        "insert into user_table_4a8a08f09d37b73795649038408b5f33 (language) values ('es')",
      ],
      afterDown: {
        documents: { ...users, 'Users/c': { email: 'c@example.test' } },
        queries: [
          {
            sql: "select count(*)::int as found from pg_proc where proname like 'create_user_table%' and prosrc like '%company_info json)%'",
            rows: [{ found: 1 }],
          },
          {
            sql: `select data_type from information_schema.columns
                  where table_name = 'user_table_4a8a08f09d37b73795649038408b5f33' and column_name = 'company_info'`,
            rows: [{ data_type: 'jsonb' }],
          },
        ],
      },
    },
  },
]
