import type { Node } from 'libpg-query'

/** A statement as the grammar found it; offsets are bytes of UTF-8. */
export interface RawStatement {
  readonly node: Node
  readonly from: number
  readonly to: number
}

/** A word, literal, operator or comment; offsets are bytes of UTF-8. */
export interface RawToken {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly kind: 'comment' | 'string' | 'identifier' | 'other'
}

/** Postgres' own grammar, without a server. */
export interface SqlParser {
  /** Throws SqlSyntaxError. */
  parse(text: string): readonly RawStatement[]
  /** The tree of a CREATE FUNCTION or DO in PL/pgSQL, as Postgres' own compiler of it has it. Throws SqlSyntaxError. */
  parseBody(definition: string): unknown
  /** Every token, comments included. Throws SqlSyntaxError where a literal or comment does not end. */
  scan(text: string): readonly RawToken[]
}

/** What the grammar says of a text it cannot read; `index` counts characters. Never leaves this room. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError'
  readonly index: number

  constructor(message: string, index: number, cause: unknown) {
    super(message, { cause })
    this.index = index
  }
}

let loading: Promise<SqlParser> | undefined

/** The parser; the first call loads it, which takes some tens of milliseconds. */
export function loadSqlParser(): Promise<SqlParser> {
  loading ??= load()
  return loading
}

async function load(): Promise<SqlParser> {
  const { loadModule, parseSync, parsePlPgSQLSync, scanSync } = await import('libpg-query')
  await loadModule()
  return Object.freeze({
    parse(text: string) {
      if (text.trim() === '') return []
      const { stmts } = named(() => parseSync(text))
      const length = Buffer.byteLength(text)
      return (stmts ?? []).flatMap(({ stmt, stmt_location: from = 0, stmt_len: size }) =>
        stmt === undefined ? [] : [{ node: stmt, from, to: size === undefined ? length : from + size }],
      )
    },
    parseBody: (definition: string) => named<unknown>(() => parsePlPgSQLSync(definition)),
    scan(text: string) {
      if (text.trim() === '') return []
      const { tokens } = named(() => scanSync(text))
      return tokens.map(({ start, end, text, tokenName }) => ({ start, end, text, kind: kinds[tokenName] ?? 'other' }))
    },
  })
}

const kinds: Readonly<Record<string, RawToken['kind']>> = {
  SQL_COMMENT: 'comment',
  C_COMMENT: 'comment',
  SCONST: 'string',
  USCONST: 'string',
  IDENT: 'identifier',
  UIDENT: 'identifier',
}

function named<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new SqlSyntaxError(error.message, cursorOf(error), error)
  }
}

function cursorOf(error: Error): number {
  if (!('sqlDetails' in error) || typeof error.sqlDetails !== 'object' || error.sqlDetails === null) return 0
  const { cursorPosition } = error.sqlDetails as { readonly cursorPosition?: number }
  return Math.max(cursorPosition ?? 0, 0)
}
