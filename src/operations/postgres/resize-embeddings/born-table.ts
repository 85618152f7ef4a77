import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Checkpoint } from '../../operation.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import type { TableState } from '../../table-state.ts'
import type { TableWork } from '../../work-passes.ts'
import { bothStore } from './both-store.ts'
import { hasView, hideView, makeView } from './both-view.ts'
import { noteLacking } from './mirror.ts'
import { knownAs, printType, typeAfter, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import type { Facts } from './vector-store.ts'

/**
 * Tenants that are born after the switch began get the new column at once: an empty table is altered, one that is born
 * with rows is found by the next sweep. Before it they are born as they always were, and switched with the others.
 */
export function vectorExtension(change: VectorChange): Extension {
  const { column, tag } = change
  const type = `(select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(column)} and not attisdropped)`
  const isOld = `${type} is not null and pg_catalog.regexp_replace(${type}, '^.*\\.', '') <> ${wantedSql(change, type)}`
  const filled = (script: string): string =>
    `pg_catalog.replace(pg_catalog.replace(${quoteLiteral(script)}, '{table}', ${newTable}), '{type}', ${wantedSql(change, type)})`
  const pointer = `pg_catalog.to_regprocedure('lockstep_vectors.note_born(text, text, text, int)') is not null`
  const printed = `case when lockstep_schema = 'public' then lockstep_table else lockstep_schema || '.' || lockstep_table end`
  return {
    tag,
    what: `${column} as it is now`,
    lacks: `${type} is not null`,
    statements: [
      `case when ${isOld} then ${filled(alterEmpty(change))} else 'select 1' end`,
      `case when ${pointer} then pg_catalog.format('select lockstep_vectors.note_born(%L, %L, %L, %s)', ${printed}, ${quoteLiteral(column)}, ${quoteLiteral(tag)}, pg_catalog.substring(${type}, '\\((\\d+)\\)')) else 'select 1' end`,
    ],
  }
}

/** SQL of the type that the column is to have, out of the one it has. */
function wantedSql(change: VectorChange, type: string): string {
  const { dimensions, type: kind, embedder } = change.spec.options
  if (dimensions !== undefined && (kind !== undefined || embedder !== undefined))
    return quoteLiteral(printType(typeAfter(change, { kind: 'vector', dimensions })))
  const base = `pg_catalog.regexp_replace(${type}, '^.*\\.', '')`
  if (kind !== undefined) return `pg_catalog.regexp_replace(${base}, '^\\w+', ${quoteLiteral(kind)})`
  return `pg_catalog.regexp_replace(${base}, '\\(\\d+\\)', ${quoteLiteral(`(${dimensions ?? 0})`)})`
}

/** In the new type an approximate index could not stand; a new tenant's table is too small to need one. */
function alterEmpty({ column }: VectorChange): string {
  return `do $lockstep$ declare lockstep_what record; begin
  if exists (select from {table}) then return; end if;
  for lockstep_what in
    select pg_catalog.format('drop index %I.%I', n.nspname, i.relname) as run
    from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid join pg_catalog.pg_namespace n on n.oid = i.relnamespace
    join pg_catalog.pg_am m on m.oid = i.relam where x.indrelid = '{table}'::regclass and m.amname in ('hnsw', 'ivfflat')
  loop execute lockstep_what.run; end loop;
  for lockstep_what in
    select pg_catalog.format('alter table {table} alter column %I type %I.{type} using null', ${quoteLiteral(column)}, n.nspname) as run
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector'
  loop execute lockstep_what.run; end loop;
end $lockstep$`
}

/**
 * A table that was born in the new shape has no older self: it is altered, and its rows lose their vectors, which are
 * noted as missing. From there on it is like one that is back.
 */
export async function* alterBorn(change: VectorChange, { table, hands, work }: TableWork): AsyncGenerator<Checkpoint> {
  const { column, tag } = change
  const shape = bornShape(work.memo)
  const before = vectorType(shape?.type)?.dimensions ?? 0
  const after = change.spec.options.dimensions ?? 0
  const facts: Facts = { column, type: shape?.type ?? '', notNull: false, keys: [], pointer: null, born: true }
  yield await hands.change({
    names: [table.name],
    cursor: undefined,
    long: true,
    work: async (q) => {
      await q.script(
        [
          vectorPath,
          ...(hasView(change) ? [...bothStore, ...hideView(table)] : []),
          ...alterBack(change, table, shape),
          ...(hasView(change) ? makeView(change, table, { now: before, other: after }) : []),
          `delete from lockstep_vectors.pointers where table_name = ${knownAs(table)} and column_name = ${quoteLiteral(column)}`,
        ].join(';\n'),
      )
      await q.query(
        `insert into lockstep_vectors.changes (table_name, change, column_name, stage, facts) values ($1, $2, $3, 'returned', $4::jsonb)`,
        [printTable(table), tag, column, JSON.stringify(facts)],
      )
      await noteLacking(q, { change, table })
      return []
    },
  })
}

function alterBack({ column, spec }: VectorChange, table: TableState, shape: BornShape | undefined): readonly string[] {
  const now = vectorType(table.shape.columns.find((each) => each.name === column)?.type)
  const before = vectorType(shape?.type)
  if (before === undefined || now === undefined) return []
  const name = quoteIdentifier(column)
  const isOther = spec.options.embedder !== undefined || before.dimensions !== now.dimensions
  if (printType(before) === printType(now))
    return isOther ? [`update ${quoteTable(table)} set ${name} = null where ${name} is not null`] : []
  const using = isOther ? 'null' : `${name}::${printType(before)}`
  return [
    `alter table ${quoteTable(table)} alter column ${name} type ${printType(before)} using ${using}`,
    ...(shape?.indexes ?? []).map((index) => index.replaceAll('{key}', table.key)),
  ]
}

/** What the column was like in most tables of the fleet, kept when the change was planned. */
export interface BornShape {
  readonly type: string
  /** Definitions of approximate indexes, with `{key}`. */
  readonly indexes: readonly string[]
}

export function bornShape(memo: unknown): BornShape | undefined {
  if (typeof memo !== 'object' || memo === null || !('more' in memo)) return undefined
  const { more } = memo
  if (typeof more !== 'object' || more === null || !('type' in more) || !('indexes' in more)) return undefined
  const { type, indexes } = more
  if (typeof type !== 'string' || !Array.isArray(indexes)) return undefined
  return { type, indexes: indexes.filter((each) => typeof each === 'string') }
}
