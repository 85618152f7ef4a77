import { md5 } from './checksum.ts'
import { LockstepError } from './errors.ts'

/** Postgres cuts longer names with just a notice, so that two of them can collide (NAMEDATALEN - 1). */
const longestIdentifier = 63

/** A name as a quoted SQL identifier. Throws LS-2105 over 63 bytes and LS-2108 for a NUL or an empty name. */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new LockstepError('LS-2108', `${JSON.stringify(name)} is not a name Postgres can hold`)
  }
  const bytes = Buffer.byteLength(name, 'utf8')
  if (bytes > longestIdentifier) {
    throw new LockstepError('LS-2105', `"${name}" has ${bytes} bytes, Postgres keeps ${longestIdentifier}`, {
      where: { name },
      hint: `shorten the name by ${bytes - longestIdentifier} bytes`,
    })
  }
  return `"${name.replaceAll('"', '""')}"`
}

/** Text as a SQL literal, safe with and without standard_conforming_strings. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new LockstepError('LS-2108', 'Postgres text cannot hold a NUL character')
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? `E${quoted}` : quoted
}

export interface TableName {
  readonly schema: string
  readonly name: string
}

/** `name` or `schema.name`, unquoted; the schema is `public` when none is given. */
export function parseTableName(text: string): TableName {
  const dot = text.indexOf('.')
  return dot < 0 ? { schema: 'public', name: text } : { schema: text.slice(0, dot), name: text.slice(dot + 1) }
}

export function quoteTable(table: TableName): string {
  return `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`
}

/** `schema.name`, for people. */
export function printTable(table: TableName): string {
  return table.schema === 'public' ? table.name : `${table.schema}.${table.name}`
}

/**
 * A name for something that belongs to `owner`: readable where it fits, else cut and made unique by eight hex
 * digits of the MD5 of the whole. Never over 63 bytes for a kind of up to 50; equal input gives an equal name.
 */
export function derivedName(owner: string, part: string, kind: string): string {
  const whole = `${owner}_${part}_${kind}`
  if (Buffer.byteLength(whole, 'utf8') <= longestIdentifier) return whole
  // Asked for several times in a row, for each of thousands of tables.
  if (lastCut.whole === whole && lastCut.kind === kind) return lastCut.name
  const tail = `_${md5(whole).slice(0, 8)}_${kind}`
  const name = cutBytes(owner, longestIdentifier - Buffer.byteLength(tail, 'utf8')) + tail
  lastCut = { whole, kind, name }
  return name
}

let lastCut = { whole: '', kind: '', name: '' }

/** A SQL expression for derivedName where the owner is only known to the server; exact for ASCII names. */
export function derivedNameSql(owner: string, part: string, kind: string): string {
  const whole = `${owner} || ${quoteLiteral(`_${part}_${kind}`)}`
  const room = longestIdentifier - 10 - kind.length
  const cut = `pg_catalog.left(${owner}, ${room}) || '_' || pg_catalog.left(pg_catalog.md5(${whole}), 8) || ${quoteLiteral(`_${kind}`)}`
  return `case when pg_catalog.octet_length(${whole}) <= ${longestIdentifier} then ${whole} else ${cut} end`
}

function cutBytes(text: string, bytes: number): string {
  let cut = text
  while (Buffer.byteLength(cut, 'utf8') > bytes) cut = [...cut].slice(0, -1).join('')
  return cut
}
