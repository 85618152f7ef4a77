import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { ColumnShape } from '../../../tenants/catalog.ts'
import { columnIn } from '../../column-pair.ts'
import { walkingKey } from '../../row-pages.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { TableState } from '../../table-state.ts'
import type { ResizeEmbeddingsSpec } from './resize-spec.ts'

/** Where tables in the new shape are filled, and where those in the old shape are kept: under their own names. */
export const nextSchema = 'lockstep_next'
export const pastSchema = 'lockstep_past'

export interface VectorType {
  readonly kind: 'vector' | 'halfvec'
  readonly dimensions: number
}

/** What becomes of a column of vectors, as far as the migration file tells. */
export interface VectorChange {
  /** Eight hex digits that name this very change. */
  readonly tag: string
  readonly spec: ResizeEmbeddingsSpec
  readonly column: string
}

export function changeOf(spec: ResizeEmbeddingsSpec): VectorChange {
  return { tag: tagOfSpec('resizeEmbeddings', spec), spec, column: spec.options.column }
}

/** The vector type that Postgres printed; undefined where it is another one, or has no dimension. */
export function vectorType(printed: string | undefined): VectorType | undefined {
  const found = /(?:^|\.)"?(vector|halfvec)"?\((\d+)\)$/.exec(printed ?? '')
  const [, kind, dimensions] = found ?? []
  return kind === 'vector' || kind === 'halfvec' ? { kind, dimensions: Number(dimensions) } : undefined
}

export function vectorColumn({ column }: VectorChange, { shape }: TableState): ColumnShape | undefined {
  return columnIn(shape, column)
}

/** The type that the column is to have in a table whose column has this one now. */
export function typeAfter({ spec }: VectorChange, now: VectorType): VectorType {
  const { type, dimensions } = spec.options
  return {
    kind: type ?? (spec.options.embedder === undefined ? now.kind : 'vector'),
    dimensions: dimensions ?? now.dimensions,
  }
}

/** For a script that begins with `vectorPath`. */
export function printType({ kind, dimensions }: VectorType): string {
  return `${kind}(${dimensions})`
}

/** Whether the column has the type that the change gives it; of another model at equal type it says nothing. */
export function hasTypeAfter(change: VectorChange, table: TableState): boolean {
  const now = vectorType(vectorColumn(change, table)?.type)
  if (now === undefined) return false
  const { kind, dimensions } = typeAfter(change, now)
  return now.kind === kind && now.dimensions === dimensions
}

/** The columns that tell a row, as SQL of one row alias. */
export function keyOf(table: TableState): readonly ColumnShape[] {
  return walkingKey(table.shape).flatMap((name) => columnIn(table.shape, name) ?? [])
}

/** SQL of the key of a row as texts: `array["id"::text]`. */
export function keyText(table: TableState, alias: string): string {
  return `array[${keyOf(table)
    .map(({ name }) => `${alias}.${quoteIdentifier(name)}::text`)
    .join(', ')}]`
}

/** SQL that is true where the row of the alias has the key given as texts. */
export function hasKey(table: TableState, alias: string, texts: string): string {
  return keyOf(table)
    .map(({ name, type }, n) => `${alias}.${quoteIdentifier(name)} = (${texts})[${n + 1}]::${type}`)
    .join(' and ')
}

/** SQL that is true where both rows have the same key. */
export function sameKey(table: TableState, one: string, other: string): string {
  return keyOf(table)
    .map(({ name }) => `${one}.${quoteIdentifier(name)} = ${other}.${quoteIdentifier(name)}`)
    .join(' and ')
}

/** The name under which a table is known in all that Lockstep notes of it, as a literal. */
export function knownAs(table: TableName): string {
  return quoteLiteral(printTable(table))
}

/** A table's twin in one of Lockstep's own schemas. */
export function twinIn(schema: typeof nextSchema | typeof pastSchema, { name }: TableName): string {
  return `${schema}.${quoteIdentifier(name)}`
}

/**
 * A statement after which types and operators of pgvector are found in this transaction, wherever the extension lives.
 * Names of the app's own still come first.
 */
export const vectorPath = `select pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', nullif(pg_catalog.current_setting('search_path'), ''), pg_catalog.quote_ident(n.nspname)), true)
from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector'`

/** SQL that is true where a text has something to embed. */
export function hasContent(text: string): string {
  return `coalesce(${text} ~ '\\S', false)`
}

/** A defect of Lockstep or of someone who changed its objects: what a pass stands on is not there. */
export function lostTwin(table: TableName): LockstepError {
  return new LockstepError('LS-3005', `the twin of ${printTable(table)} is not there any more`, {
    where: { name: printTable(table) },
    hint: 'lockstep down goes back; somebody dropped a table of schema lockstep_next or lockstep_past',
  })
}
