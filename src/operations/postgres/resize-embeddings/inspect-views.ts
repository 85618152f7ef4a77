import type { LockstepError } from '../../../kernel/errors.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Look, PlanWarning } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { problemOf } from '../../table-problem.ts'
import { bothSchema } from './both-store.ts'
import { identitiesOf } from './both-view.ts'
import { vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** The first version whose views ask for the rights of who reads and writes them. */
const oldestServer = 150_000

/** LS-2129 where clients of both models could not write to a view of the table. */
export async function inspectViews(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const { column } = change
  const { dimensions } = change.spec.options
  const { version, taken } = await look.tables.read((q) => readServer(q, tables))
  const wrong: readonly (readonly [readonly TableState[], string, string])[] = [
    [
      tables.filter((table) => vectorType(vectorColumn(change, table)?.type)?.dimensions === dimensions),
      'the dimension does not change, so a view could not tell the vectors of the two models apart',
      'leave view out',
    ],
    [
      tables.filter((table) => {
        const vector = vectorColumn(change, table)
        return vector?.notNull === true || vector?.default !== undefined
      }),
      `"${column}" is required or has a default, so a view could not leave a vector of the other model to be made`,
      `alter table … alter column ${column} drop not null, or leave view out`,
    ],
    [
      tables.filter((table) => identitiesOf(table).length > 1),
      'a view cannot tell which of several identity columns a client leaves out',
      'leave view out',
    ],
    [
      tables.filter(({ name }, at) => taken.has(name) || tables.findIndex((other) => other.name === name) < at),
      `another table has its view of that name in ${bothSchema}`,
      'leave view out of one of them',
    ],
    [
      version < oldestServer ? tables : [],
      'before PostgreSQL 15 a view does not ask for the rights of who uses it',
      'leave view out, or upgrade the server first',
    ],
  ]
  return wrong.flatMap(([some, what, hint]) => problemOf('LS-2129', some, what, hint))
}

async function readServer(
  q: Queryable,
  tables: readonly TableState[],
): Promise<{ readonly version: number; readonly taken: ReadonlySet<string> }> {
  const rows = await q.query<{ version: number; taken: string[] }>(
    `select pg_catalog.current_setting('server_version_num')::int as version,
            array(select c.relname::text from pg_catalog.pg_class c where c.relnamespace = pg_catalog.to_regnamespace('${bothSchema}') and c.relname = any($1::text[])) as taken`,
    [tables.map(({ name }) => name)],
  )
  return { version: rows[0]?.version ?? 0, taken: new Set(rows[0]?.taken) }
}

/** What clients of the view, and those who look after the tables, have to know. */
export const viewWarning: PlanWarning = {
  code: 'W228',
  message: `until complete each table has a view in ${bothSchema}: a row with a vector of the other model is without one until lockstep up makes it, and the table cannot be dropped without the view`,
  hint: 'run lockstep up now and then during the soak; through a view write without ON CONFLICT, and try again on 40001',
}
