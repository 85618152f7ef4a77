import { createScanner, findNodeAtLocation, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { Node, ParseError } from 'jsonc-parser'
import type { Json } from '../kernel/canonical-json.ts'
import { LockstepError } from '../kernel/errors.ts'

/** A text of JSON with comments, as its file has it but for a byte order mark. */
export interface JsoncDocument {
  readonly text: string
  readonly root: Node
}

/**
 * Throws LS-2401 with line and column where the text is not JSON with comments. A text with commas after last members
 * can be read, but not be added to.
 */
export function parseDocument(text: string, file: string, allowTrailingComma = false): JsoncDocument {
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma, disallowComments: false })
  const [first] = errors
  if (first !== undefined) throw malformed({ text, file }, first.offset, describe(printParseErrorCode(first.error)))
  if (root === undefined) throw malformed({ text, file }, 0, 'it is empty')
  return { text, root }
}

/** `PropertyNameExpected` → `property name expected` */
function describe(code: string): string {
  return code.replace(/(?!^)([A-Z])/g, ' $1').toLowerCase()
}

/** LS-2401 at a place of the text. */
export function malformed(
  { text, file }: { readonly text: string; readonly file: string },
  offset: number,
  problem: string,
): LockstepError {
  const before = text.slice(0, offset).split('\n')
  const line = before.length
  const column = (before.at(-1) ?? '').length + 1
  const source = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '')
  return new LockstepError('LS-2401', `${file}:${line}:${column}: ${problem}`, {
    where: { file, line, column, source },
    why: 'nothing was written',
    hint: 'mend the file and run the command again',
  })
}

/** The document's node at a path of keys and positions. */
export function nodeAt({ root }: JsoncDocument, path: readonly (string | number)[]): Node | undefined {
  return findNodeAtLocation(root, [...path])
}

/**
 * The text with one more item at the end of an array, or one more property at the end of an object, laid out as those
 * before it are. Nothing else changes; comments behind the last item stay before the new one.
 */
export function withItem(document: JsoncDocument, container: Node, item: Json, key?: string): string {
  const { text } = document
  const close = container.offset + container.length - 1
  const last = container.children?.at(-1)
  const from = last === undefined ? container.offset + 1 : endOf(last)
  const trivia = text.slice(from, close)
  const at = from + trivia.trimEnd().length
  const layout = layoutOf(document, container)
  const name = key === undefined ? '' : `${JSON.stringify(key)}: `
  const rendered = `${layout.before}${name}${renderItem(item, layout)}`
  const end = last === undefined ? layout.after : text.slice(at, close)
  return `${text.slice(0, from)}${last === undefined ? '' : ','}${text.slice(from, at)}${rendered}${end}${text.slice(close)}`
}

/** The text without an item of an array or a property of an object: what `withItem` added goes without a trace. */
export function withoutItem({ text }: JsoncDocument, container: Node, position: number): string {
  const children = container.children ?? []
  const item = children[position]
  if (item === undefined) return text
  const before = children[position - 1]
  const start = item.offset - leadOf(text, item).length
  if (position < children.length - 1) {
    const comma = commaAfter(text, endOf(item))
    return text.slice(0, start) + text.slice(endOf(item), comma) + text.slice(comma + 1)
  }
  if (before !== undefined) {
    const comma = commaAfter(text, endOf(before))
    return text.slice(0, comma) + text.slice(comma + 1, start) + text.slice(endOf(item))
  }
  const rest =
    text.slice(container.offset + 1, start) + text.slice(endOf(item), container.offset + container.length - 1)
  const inner = rest.trim() === '' ? '' : rest
  return text.slice(0, container.offset + 1) + inner + text.slice(container.offset + container.length - 1)
}

const endOf = (node: Node): number => node.offset + node.length

/** Where the next comma is that is not in a comment. */
function commaAfter(text: string, offset: number): number {
  const scanner = createScanner(text, true)
  scanner.setPosition(offset)
  do scanner.scan()
  while (text[scanner.getTokenOffset()] !== ',' && scanner.getTokenOffset() < text.length)
  return scanner.getTokenOffset()
}

interface Layout {
  /** What stands before the new item, and between it and the bracket of a container that was empty. */
  readonly before: string
  readonly after: string
  /** The indentation of the item's line; undefined lays it out on one line. */
  readonly indent: string | undefined
  readonly unit: string
  readonly eol: string
  /** Whether braces on one line have spaces within. */
  readonly spaced: boolean
}

function layoutOf({ text, root }: JsoncDocument, container: Node): Layout {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const first = root.children?.[0]
  const unit = (first === undefined ? '' : indentAt(text, first.offset)) || '  '
  const common = { unit, eol, spaced: !/\{"/.test(text), after: '' }
  const children = container.children ?? []
  const last = children.at(-1)
  if (last === undefined) return { ...common, ...emptyLayout(text, container, common) }
  const ownLine = leadOf(text, last).includes('\n')
  const indent = indentAt(text, last.offset)
  const gap = children.length > 1 ? leadOf(text, last) : common.spaced ? ' ' : ''
  return {
    ...common,
    before: ownLine || endsInLineComment(text, container) ? `${eol}${indent}` : gap,
    indent: text.slice(last.offset, endOf(last)).includes('\n') ? indent : undefined,
  }
}

/** A first item gets a line of its own, unless what it lies in is on one line. */
function emptyLayout(
  text: string,
  container: Node,
  { unit, eol }: Pick<Layout, 'unit' | 'eol'>,
): Pick<Layout, 'before' | 'after' | 'indent'> {
  const around = container.parent?.parent
  if (around !== undefined && !text.slice(around.offset, endOf(around)).includes('\n')) {
    return { before: '', after: '', indent: undefined }
  }
  const outer = indentAt(text, container.offset)
  return { before: `${eol}${outer}${unit}`, after: `${eol}${outer}`, indent: `${outer}${unit}` }
}

/** The white space before a node. */
function leadOf(text: string, { offset }: Node): string {
  return /\s*$/.exec(text.slice(0, offset))?.[0] ?? ''
}

function endsInLineComment(text: string, container: Node): boolean {
  const last = container.children?.at(-1)
  const trivia = text.slice(
    last === undefined ? container.offset : endOf(last),
    container.offset + container.length - 1,
  )
  return /\/\/[^\n]*\s*$/.test(trivia)
}

/** The white space at the start of the line. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1)
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}

function renderItem(item: Json, { indent, unit, eol, spaced }: Layout): string {
  if (indent === undefined) return inLine(item, spaced)
  return JSON.stringify(item, undefined, unit).replaceAll('\n', `${eol}${indent}`)
}

function inLine(item: Json, spaced: boolean): string {
  if (!spaced || typeof item !== 'object' || item === null) return JSON.stringify(item)
  if (Array.isArray(item)) return `[${item.map((each: Json) => inLine(each, spaced)).join(', ')}]`
  const members = Object.entries(item).map(([key, value]) => `${JSON.stringify(key)}: ${inLine(value, spaced)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
