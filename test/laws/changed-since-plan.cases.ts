import type { OperationCase } from '../../src/operations/operation-case.ts'
import { postgres, tenants } from '../../src/index.ts'

export const tables = [
  'user_table_0cc175b9c0f1b6a831c399e269772661',
  'user_table_92eb5ffee6ae2fec3ad71c777531578f',
] as const

const nothing = { documents: {}, queries: [] } as const

function caseOf(name: string, step: OperationCase['steps'][number]): OperationCase {
  return {
    name,
    tenants: {
      source: { from: 'sql', sql: 'select uid from app_users' },
      key: 'md5',
      tables: { user_table: 'user_table_{key}' },
    },
    steps: [step],
    before: {
      documents: {},
      sql: [
        "create table app_users (uid text primary key); insert into app_users values ('a'), ('b')",
        ...tables.map(
          (table) => `create table ${table} (id int primary key, email text); insert into ${table} values (1, 'x')`,
        ),
      ],
    },
    after: nothing,
    others: { documents: {}, sql: [], afterDown: nothing },
  }
}

/** Two tenants with a row each. */
export const changedSincePlanCases: readonly OperationCase[] = [
  caseOf('a column', postgres.addColumn(tenants('user_table'), 'language', 'text', { default: 'en' })),
  caseOf('an index', postgres.addIndex(tenants('user_table'), 'email')),
  caseOf(
    'a conversion',
    postgres.convertColumn(tenants('user_table'), 'email', { to: 'varchar(9)', up: 'email', down: 'mail', as: 'mail' }),
  ),
]
