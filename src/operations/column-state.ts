import { LockstepError } from '../kernel/errors.ts'
import { quoteIdentifier } from '../kernel/identifiers.ts'
import { sqlState } from '../stores/tables.ts'
import type { Queryable } from '../stores/tables.ts'

/** One column of one table as it is now; `type` is undefined where the table has no such column. */
export interface ColumnState {
  readonly table: string
  readonly type: string | undefined
  readonly notNull: boolean
  readonly default: string | undefined
  /** Bytes of the table's main fork as of now, not as of the last ANALYZE. */
  readonly bytes: number
  readonly primaryKey: readonly string[]
  /** Valid and invalid indexes on exactly this column. */
  readonly indexes: readonly { readonly name: string; readonly valid: boolean }[]
}

interface StateRow extends Omit<ColumnState, 'type' | 'default'> {
  readonly type: string | null
  readonly default: string | null
}

const stateStatement = `
select c.relname as table, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, coalesce(a.attnotnull, false) as "notNull",
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default, pg_catalog.pg_relation_size(c.oid)::float8 as bytes,
       coalesce((select json_agg(k.attname order by k.at) from (
          select ka.attname, u.at from pg_catalog.pg_index i
          cross join unnest(i.indkey) with ordinality as u(num, at)
          join pg_catalog.pg_attribute ka on ka.attrelid = c.oid and ka.attnum = u.num
          where i.indrelid = c.oid and i.indisprimary) k), '[]') as "primaryKey",
       coalesce((select json_agg(json_build_object('name', ic.relname, 'valid', i.indisvalid and i.indisready) order by ic.relname)
          from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
          where i.indrelid = c.oid and i.indkey::text = a.attnum::text and i.indpred is null), '[]') as indexes
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = $3 and not a.attisdropped
left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where n.nspname = $1 and c.relname = any($2::text[]) and c.relkind in ('r', 'p')
order by c.relname`

/** The named tables that exist, sorted by name, with the column as it is in each. */
export async function columnStates(
  q: Queryable,
  schema: string,
  tables: readonly string[],
  column: string,
): Promise<readonly ColumnState[]> {
  const rows = await q.query<StateRow>(stateStatement, [schema, tables, column])
  return rows.map((row) => ({ ...row, type: row.type ?? undefined, default: row.default ?? undefined }))
}

/** A type as the user wrote it and as the catalog prints it, so that the two can be compared. */
export interface ColumnType {
  readonly text: string
  /** What format_type prints for a column of this type. */
  readonly printed: string
}

const typeForm =
  /^([A-Za-z_][A-Za-z0-9_. ]*?)\s*(\(\s*\d+\s*(?:,\s*\d+\s*)?\))?((?: with(?:out)? time zone)?)((?:\[\])*)$/i

/** Asks the server what the type is. Throws LS-2108 for one it does not know. */
export async function resolveType(q: Queryable, text: string): Promise<ColumnType> {
  const [whole, base = '', modifier = '', zone = '', array = ''] = typeForm.exec(text.trim()) ?? []
  const printed = whole === undefined ? undefined : await printedType(q, whole, `${base}${zone}`)
  if (printed === undefined) {
    throw new LockstepError('LS-2108', `"${text}" is not a column type this server knows`, {
      where: { name: text },
      hint: typeHint(text),
    })
  }
  return { text: text.trim(), printed: withModifier(printed, modifier.replace(/\s/g, '')) + array }
}

/** The base as the catalog prints it; undefined where the server cannot use the whole, its modifier included. */
async function printedType(q: Queryable, whole: string, base: string): Promise<string | undefined> {
  try {
    const [row] = await q.query<{ printed: string | null }>(printedStatement, [base])
    if (row?.printed !== null && row?.printed !== undefined) await q.query(`select cast(null as ${whole})`)
    return row?.printed ?? undefined
  } catch (error) {
    if (/^(42|22)/.test(sqlState(error) ?? '')) return undefined
    throw error
  }
}

function typeHint(text: string): string {
  if (/^(small|big)?serial$/i.test(text)) return 'use an integer type with a sequence default'
  if (/\b(not null|null|default|unique|primary key|references|check|generated)\b/i.test(text))
    return 'write the type alone; not null and the default are options of the step'
  return 'check the spelling, or create its extension first'
}

const printedStatement = 'select pg_catalog.format_type(pg_catalog.to_regtype($1), null) as printed'

/** format_type prints the modifier before the zone: `timestamp(3) with time zone`. */
function withModifier(printed: string, modifier: string): string {
  if (modifier === '') return printed
  const at = printed.search(/ with(out)? time zone$/)
  return at < 0 ? printed + modifier : printed.slice(0, at) + modifier + printed.slice(at)
}

/** Throws LS-2108 when the server cannot read the text as a value of the type. */
export async function checkLiteral(q: Queryable, literal: string, type: ColumnType, column: string): Promise<void> {
  try {
    await q.query(`select cast($1::text as ${type.text}) is null`, [literal])
  } catch (cause) {
    throw new LockstepError(
      'LS-2108',
      `the default of column ${quoteIdentifier(column)} is not a value of type ${type.printed}`,
      {
        where: { name: column },
        hint: 'give a literal of that type, or an expression as { sql: "…" }',
        cause,
      },
    )
  }
}
