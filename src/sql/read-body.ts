import type { Node } from 'libpg-query'
import { dynamicText } from './dynamic-sql.ts'
import { SqlSyntaxError } from './parser.ts'
import type { SqlParser } from './parser.ts'
import { partsOf } from './plpgsql-parts.ts'
import type { PlpgsqlPart, PlpgsqlParts } from './plpgsql-parts.ts'
import type { Body, Origin, Statement } from './statement.ts'
import { byteMap, lineStart } from './text-map.ts'
import { asNode, tagOf } from './tree.ts'

/** A body as it is written in the script. */
export interface BodyText {
  readonly language: string
  readonly text: string
  /** Index in the script at which it begins. */
  readonly start: number
  /** The statement that defines it, for the compiler of PL/pgSQL. */
  readonly definition: string
  readonly origin: Origin
}

/** Reads what a function or DO block does, as far as its language is SQL or PL/pgSQL. */
export function readBody(parser: SqlParser, body: BodyText): Body {
  const empty = { language: body.language, statements: [], dynamic: [], problem: undefined }
  try {
    if (body.language === 'sql') return { ...empty, statements: statementsOf(parser, body.text, body) }
    if (body.language !== 'plpgsql') return empty
    return readPlpgsql(parser, body, partsOf(parser.parseBody(body.definition)))
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    return { ...empty, problem: { message: error.message, index: body.start } }
  }
}

interface Fragment {
  readonly start: number
  readonly origin: Origin
  readonly dynamic?: boolean
  readonly inLoop?: boolean
  readonly expression?: boolean
  /** Characters put before the text so that the grammar reads it. */
  readonly before?: number
}

function statementsOf(parser: SqlParser, text: string, fragment: Fragment): readonly Statement[] {
  const { start, origin, dynamic = false, inLoop = false, expression = false, before = 0 } = fragment
  const toIndex = byteMap(text)
  const index = (byte: number): number => (dynamic ? start : start + Math.max(toIndex(byte) - before, 0))
  return parser.parse(text).map(({ node, from, to }) => ({
    tag: tagOf(node),
    node,
    text: text.slice(toIndex(from), toIndex(to)),
    start: index(from),
    end: index(to),
    at: (location) => index(location ?? from),
    origin,
    dynamic,
    inLoop,
    expression,
    body: undefined,
  }))
}

const select = 'select '

function readPlpgsql(parser: SqlParser, body: BodyText, { parts, defaults, commits }: PlpgsqlParts): Body {
  const variables = new Map<string, Node>()
  for (const [name, value] of defaults) assign(variables, name, expressionOf(parser, value))
  const dynamic: string[] = []
  const statements = parts.flatMap((part): readonly Statement[] => {
    const fragment = { start: locate(body, part), origin: body.origin, inLoop: part.inLoop }
    if (part.kind === 'statement') return statementsOf(parser, part.query, fragment)
    const [target, value] = part.kind === 'assignment' ? splitAssignment(part.query) : [undefined, part.query]
    const expression = expressionOf(parser, value)
    if (part.executed) return executed(parser, dynamicText(expression, variables), fragment, dynamic)
    if (target !== undefined) assign(variables, target, expression)
    return statementsOf(parser, `${select}${value}`, { ...fragment, expression: true, before: select.length })
  })
  const commit = commits
    ? statementsOf(parser, 'commit', { start: body.start, origin: body.origin, dynamic: true })
    : []
  return { language: body.language, statements: [...statements, ...commit], dynamic, problem: undefined }
}

function executed(
  parser: SqlParser,
  text: string | undefined,
  fragment: Fragment,
  dynamic: string[],
): readonly Statement[] {
  if (text === undefined) return []
  dynamic.push(text)
  try {
    return statementsOf(parser, text, { ...fragment, dynamic: true })
  } catch (error) {
    // What is known of it need not be a whole statement.
    if (error instanceof SqlSyntaxError) return []
    throw error
  }
}

function assign(variables: Map<string, Node>, name: string, value: Node | undefined): void {
  if (value !== undefined && !variables.has(name)) variables.set(name, value)
}

function expressionOf(parser: SqlParser, text: string): Node | undefined {
  const [first] = parser.parse(`${select}${text}`)
  const [target] = asNode(first?.node, 'SelectStmt')?.targetList ?? []
  return asNode(target, 'ResTarget')?.val
}

function splitAssignment(text: string): readonly [string | undefined, string] {
  const [all, name] = /^\s*([\w."]+(?:\[[^\]]*\])?)\s*:?=\s*/.exec(text) ?? []
  return all === undefined ? [undefined, text] : [name, text.slice(all.length)]
}

/** Where the part stands in the script: its line is known, its column is looked for. */
function locate({ text, start }: BodyText, { query, line }: PlpgsqlPart): number {
  const from = lineStart(text, 0, line)
  const found = text.indexOf(query.split('\n')[0]?.trim() ?? '', from)
  const indent = /^\s*/.exec(text.slice(from))?.[0].length ?? 0
  return start + (found === -1 || found - from > 2000 ? from + indent : found)
}
