import type { CreateFunctionStmt, DefElem, DoStmt, Node } from 'libpg-query'
import { stringsOf } from './names.ts'
import { SqlSyntaxError } from './parser.ts'
import type { RawStatement, RawToken, SqlParser } from './parser.ts'
import { readBody } from './read-body.ts'
import type { SqlText } from './sql-text.ts'
import type { Body, Statement } from './statement.ts'
import { byteMap } from './text-map.ts'
import { asNode, nodesIn, tagOf } from './tree.ts'

/** A word, literal or comment of a script; indexes count characters. */
export type Token = RawToken

/** The tokens that lie in a part of their text; they are in order. */
export function tokensBetween(tokens: readonly Token[], from: number, to: number): readonly Token[] {
  const found: Token[] = []
  for (let at = firstFrom(tokens, from); at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined || token.end > to) break
    found.push(token)
  }
  return found
}

function firstFrom(tokens: readonly Token[], from: number): number {
  let [low, high] = [0, tokens.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((tokens[middle]?.start ?? 0) < from) low = middle + 1
    else high = middle
  }
  return low
}

/** A text of SQL as the grammar sees it. */
export interface Script {
  readonly source: SqlText
  readonly text: string
  readonly statements: readonly Statement[]
  /** The statements in the order in which they run, those of DO blocks among them. */
  readonly flow: readonly Statement[]
  readonly tokens: readonly Token[]
  /** What the grammar cannot read; the other statements are there nevertheless. */
  readonly problems: readonly { readonly message: string; readonly index: number }[]
}

/** Reads a script. Never throws for what is written in it. */
export function parseScript(parser: SqlParser, source: SqlText): Script {
  const text = source.text.replace(/^\uFEFF/, ' ')
  const tokens = tokensOf(parser, text)
  const { found, problems } = parseAll(parser, text, tokens)
  const statements = found.map((raw) => asStatement(parser, text, raw, tokens))
  const flow = statements.flatMap((each) => [each, ...(each.tag === 'DoStmt' ? (each.body?.statements ?? []) : [])])
  return { source, text, statements, flow, tokens, problems }
}

function tokensOf(parser: SqlParser, text: string): readonly Token[] {
  const toIndex = byteMap(text)
  try {
    return parser.scan(text).map((token) => ({ ...token, start: toIndex(token.start), end: toIndex(token.end) }))
  } catch (error) {
    if (error instanceof SqlSyntaxError) return []
    throw error
  }
}

/** A statement with indexes of characters instead of bytes, and where its own text begins in the script. */
interface Found extends RawStatement {
  readonly base: number
  readonly toIndex: (byte: number) => number
}

interface Parsed {
  readonly found: readonly Found[]
  readonly problems: Script['problems']
}

/** All at once; where that fails, statement by statement, so that one mistake does not hide the rest. */
function parseAll(parser: SqlParser, text: string, tokens: readonly Token[]): Parsed {
  const whole = parseFrom(parser, text, 0)
  if (whole.problems.length === 0) return whole
  const ends = tokens.filter(({ text }) => text === ';').map(({ end }) => end)
  if (ends.length === 0) return whole
  const starts = [0, ...ends]
  const parts = starts.map((start, at) => parseFrom(parser, text.slice(start, ends[at] ?? text.length), start))
  return { found: parts.flatMap(({ found }) => found), problems: parts.flatMap(({ problems }) => problems) }
}

function parseFrom(parser: SqlParser, text: string, base: number): Parsed {
  const toIndex = byteMap(text)
  try {
    return { found: parser.parse(text).map((raw) => ({ ...raw, base, toIndex })), problems: [] }
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    return { found: [], problems: [{ message: error.message, index: base + Math.min(error.index, text.length) }] }
  }
}

function asStatement(parser: SqlParser, text: string, raw: Found, tokens: readonly Token[]): Statement {
  const { node, base, toIndex } = raw
  const index = (byte: number): number => base + toIndex(byte)
  const words = tokensBetween(tokens, index(raw.from), index(raw.to)).filter(({ kind }) => kind !== 'comment')
  const start = words[0]?.start ?? index(raw.from)
  const end = words.at(-1)?.end ?? index(raw.to)
  const written = text.slice(start, end)
  return {
    tag: tagOf(node),
    node,
    text: written,
    start,
    end,
    at: (location) => (location === undefined ? start : index(location)),
    origin: 'script',
    dynamic: false,
    inLoop: false,
    expression: false,
    body: bodyOf(parser, { node, words, written, index }),
  }
}

interface Definition {
  readonly node: Node
  readonly words: readonly Token[]
  readonly written: string
  readonly index: (byte: number) => number
}

function bodyOf(parser: SqlParser, { node, words, written, index }: Definition): Body | undefined {
  const definition = asNode(node, 'CreateFunctionStmt') ?? asNode(node, 'DoStmt')
  if (definition === undefined) return undefined
  const options = nodesIn(optionsOf(definition), 'DefElem')
  const as = options.find(({ defname }) => defname === 'as')
  const literal = words.find(({ kind, start }) => kind === 'string' && start >= index(as?.location ?? 0))
  const [text] = stringsOf(asNode(as?.arg, 'List')?.items ?? (as?.arg === undefined ? [] : [as.arg]))
  if (text === undefined || literal === undefined) return undefined
  const opening = /^(\$[^$]*\$|[eEuU&]*')/.exec(literal.text)?.[0].length ?? 1
  return readBody(parser, {
    language: languageOf(options),
    text,
    start: literal.start + opening,
    definition: written,
    origin: 'CreateFunctionStmt' in node ? 'function' : 'do',
  })
}

/** That of a DO block is PL/pgSQL where it does not say. */
function languageOf(options: readonly DefElem[]): string {
  const named = options.find(({ defname }) => defname === 'language')
  return asNode(named?.arg, 'String')?.sval?.toLowerCase() ?? 'plpgsql'
}

function optionsOf(definition: CreateFunctionStmt | DoStmt): readonly Node[] | undefined {
  return 'args' in definition ? definition.args : (definition as CreateFunctionStmt).options
}
