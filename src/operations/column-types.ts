import { LockstepError } from '../kernel/errors.ts'
import { quoteIdentifier } from '../kernel/identifiers.ts'
import { sqlState } from '../stores/tables.ts'
import type { Queryable } from '../stores/tables.ts'

/** A type as the user wrote it and as the catalog prints it, so that the two can be compared. */
export interface ColumnType {
  readonly text: string
  /** What format_type prints for a column of this type. */
  readonly printed: string
  /** Where the type is from: what is not in `pg_catalog` may need it in front. */
  readonly schema?: string
}

const typeForm =
  /^([A-Za-z_][A-Za-z0-9_. ]*?)\s*(\(\s*\d+\s*(?:,\s*\d+\s*)?\))?((?: with(?:out)? time zone)?)((?:\[\])*)$/i

/** Asks the server what the type is. Throws LS-2108 for one it does not know. */
export async function resolveType(q: Queryable, text: string): Promise<ColumnType> {
  const [whole, base = '', modifier = '', zone = '', array = ''] = typeForm.exec(text.trim()) ?? []
  const found = whole === undefined ? undefined : await printedType(q, whole, `${base}${zone}`)
  if (found === undefined) {
    throw new LockstepError('LS-2108', `"${text}" is not a column type this server knows`, {
      where: { name: text },
      hint: typeHint(text),
    })
  }
  const { printed, schema } = found
  return { text: text.trim(), printed: withModifier(printed, modifier.replace(/\s/g, '')) + array, schema }
}

interface PrintedType {
  readonly printed: string
  readonly schema: string
}

/** The base as the catalog prints it; undefined where the server cannot use the whole, its modifier included. */
async function printedType(q: Queryable, whole: string, base: string): Promise<PrintedType | undefined> {
  try {
    const [row] = await q.query<PrintedType>(printedStatement, [base])
    if (row !== undefined) await q.query(`select cast(null as ${whole})`)
    return row
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

const printedStatement = `select pg_catalog.format_type(t.oid, null) as printed, n.nspname as schema
from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where t.oid = pg_catalog.to_regtype($1)`

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
