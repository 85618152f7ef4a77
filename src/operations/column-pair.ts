import { canonicalJson } from '../kernel/canonical-json.ts'
import { md5 } from '../kernel/checksum.ts'
import { quoteIdentifier } from '../kernel/identifiers.ts'
import type { ColumnShape, TableShape } from '../tenants/catalog.ts'

/** Two columns of a table that hold the same in two shapes, kept in step until contract. */
export interface ColumnPair {
  readonly old: string
  readonly new: string
  /** As the user wrote it; undefined where the new column has the type of the old one. */
  readonly type: string | undefined
  /** SQL over the row: the new value of the old column's, and the other way round. */
  readonly up: string
  readonly down: string
  /** Default of the new column as SQL; undefined takes it from the old one, null leaves it without. */
  readonly default: string | null | undefined
  /** Indexes and constraints of the old column, by name, that the new one does without. */
  readonly leave: readonly string[]
  /** Eight hex digits that name this very change. */
  readonly tag: string
  /** What the new column's index or constraint is called beside the old one's of this name; derived without it. */
  readonly called?: (name: string) => string
}

/** Eight hex digits of the whole of a spec. */
export function pairTag(spec: unknown): string {
  return md5(canonicalJson(spec)).slice(0, 8)
}

/** Whether both columns always hold the very same value. */
export function isIdentity(pair: ColumnPair): boolean {
  return pair.type === undefined
}

export function columnIn(shape: TableShape, name: string): ColumnShape | undefined {
  return shape.columns.find((column) => column.name === name)
}

/** The type of the new column where the old one is as in this shape. */
export function newType(pair: ColumnPair, shape: TableShape): string {
  return pair.type ?? columnIn(shape, pair.old)?.type ?? columnIn(shape, pair.new)?.type ?? 'text'
}

/** SQL over the bare row. An explicit cast, so that trigger, backfill and plan agree on what does not fit. */
export function upSql(pair: ColumnPair): string {
  return pair.type === undefined ? quoteIdentifier(pair.old) : `(${pair.up})::${pair.type}`
}

/** Without a cast: what is assigned to the old column has to fit it. */
export function downSql(pair: ColumnPair): string {
  return pair.type === undefined ? quoteIdentifier(pair.new) : `(${pair.down})`
}

/**
 * SQL that is true for a row whose new column still has to be filled. What a new client wrote may be finer than what
 * the old column can hold, so it is enough that one of them follows from the other.
 */
export function outOfStep(pair: ColumnPair): string {
  const [before, after] = [quoteIdentifier(pair.old), quoteIdentifier(pair.new)]
  if (isIdentity(pair)) return `${after} is distinct from ${before}`
  return `${after} is distinct from ${upSql(pair)} and (${after} is null or ${before} is distinct from ${downSql(pair)})`
}
