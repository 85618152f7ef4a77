import type { Node } from 'jsonc-parser'
import { getNodeValue } from 'jsonc-parser'
import type { FieldIndex } from '../../../stores/indexes.ts'
import {
  automatic,
  keyOfFieldIndex,
  keyOfIndex,
  parseEntryFields,
  parseFieldIndex,
  parseIndexEntry,
  parseOverrideEntry,
  renderFieldIndex,
  renderIndexEntry,
  renderOverrideEntry,
  sameIndexes,
  lacking,
  targetOf,
} from './index-entries.ts'
import type { Override } from './index-entries.ts'
import type { Wanted } from './index-spec.ts'
import { malformed, nodeAt, parseDocument, withItem, withoutItem } from '../../jsonc-document.ts'
import type { JsoncDocument } from '../../jsonc-document.ts'

const lists = ['indexes', 'fieldOverrides'] as const
type List = (typeof lists)[number]
type WantedField = Wanted & { readonly kind: 'field' }

const emptyFile = '{\n  "indexes": [],\n  "fieldOverrides": []\n}\n'
const mark = '\uFEFF'

/** A file of index definitions that was read and found well-formed. */
export interface IndexFile {
  readonly document: JsoncDocument
  readonly file: string
}

/** Throws LS-2401 with the place where the text is no file of index definitions. A byte order mark is passed over. */
export function parseIndexFile(text: string, file: string): IndexFile {
  const document = parseDocument(text.startsWith(mark) ? text.slice(1) : text, file)
  const { root } = document
  if (root.type !== 'object') throw malformed({ text: document.text, file }, root.offset, 'it is not an object')
  for (const list of lists) checkList({ document, file }, list)
  return { document, file }
}

function checkList({ document, file }: IndexFile, list: List): void {
  const refuse = (node: Node, problem: string) => malformed({ text: document.text, file }, node.offset, problem)
  const [found, again] = (document.root.children ?? []).filter((property) => property.children?.[0]?.value === list)
  if (again !== undefined) throw refuse(again, `"${list}" is there twice`)
  const value = found?.children?.[1]
  if (value !== undefined && value.type !== 'array') throw refuse(value, `"${list}" is not a list`)
  for (const entry of value?.children ?? []) {
    if (entry.type !== 'object') throw refuse(entry, `an entry of "${list}" is not an object`)
    const inner = nodeAt({ text: document.text, root: entry }, [list === 'indexes' ? 'fields' : 'indexes'])
    if (inner?.type !== 'array') throw refuse(inner ?? entry, `an entry of "${list}" lacks its list`)
  }
}

/** The field's own override; undefined without one. */
export function overrideIn({ document }: IndexFile, { group, path }: Pick<Override, 'group' | 'path'>) {
  const overrides = entriesOf(document, 'fieldOverrides').map((node) => parseOverrideEntry(getNodeValue(node)))
  const position = overrides.findIndex((each) => each?.group === group && each.path === path)
  const found = overrides[position]
  return found === undefined ? undefined : { position, ...found }
}

/** The single-field indexes that a field has by this file: its own, its collection's for all fields, or the automatic. */
export function fieldIndexesIn(
  file: IndexFile,
  { group, path }: Pick<Override, 'group' | 'path'>,
): readonly FieldIndex[] {
  return (overrideIn(file, { group, path }) ?? overrideIn(file, { group, path: '*' }))?.indexes ?? automatic
}

/** Where the composite index stands among `indexes`; -1 without it. */
export function positionIn({ document }: IndexFile, wanted: Wanted & { readonly kind: 'composite' }): number {
  const key = keyOfIndex(wanted.index)
  return entriesOf(document, 'indexes').findIndex((node) => {
    const found = parseIndexEntry(getNodeValue(node))
    return found !== undefined && keyOfIndex(found) === key
  })
}

/** True where `indexes` has an entry on the same fields of the same collections that is another index. */
export function resembles({ document }: IndexFile, { index }: Wanted & { readonly kind: 'composite' }): boolean {
  const paths = JSON.stringify(index.fields.map(({ path }) => path))
  return entriesOf(document, 'indexes').some((node) => {
    const { group, paths: found } = parseEntryFields(getNodeValue(node))
    return group === index.group && JSON.stringify(found) === paths
  })
}

/** True where deploying this file leads to what is wanted. Without a file every field has its automatic indexes. */
export function hasWanted(text: string | undefined, file: string, wanted: Wanted): boolean {
  const parsed = parseIndexFile(text ?? emptyFile, file)
  if (wanted.kind === 'composite') return positionIn(parsed, wanted) >= 0
  const now = fieldIndexesIn(parsed, wanted)
  return sameIndexes(targetOf(wanted, now), now)
}

/** The file with what is wanted; the same text where it has that already. Everything else stays as it is. */
export function withWanted(text: string | undefined, file: string, wanted: Wanted): string | undefined {
  if (hasWanted(text, file, wanted)) return text
  return edited(text ?? emptyFile, (body) => {
    if (wanted.kind === 'composite') {
      const { document } = withList(body, file, 'indexes')
      return withItem(document, listNode(document, 'indexes'), renderIndexEntry(wanted.index))
    }
    return withOverride(body, file, wanted, targetOf(wanted, fieldIndexesIn(parseIndexFile(body, file), wanted)))
  })
}

/** Sets the indexes of the field's override, which is made where there is none; other members of it stay. */
export function withOverride(
  body: string,
  file: string,
  { group, path }: Pick<WantedField, 'group' | 'path'>,
  target: readonly FieldIndex[],
): string {
  const found = overrideIn(parseIndexFile(body, file), { group, path })
  if (found === undefined) {
    const { document } = withList(body, file, 'fieldOverrides')
    const entry = renderOverrideEntry({ group, path, indexes: target })
    return withItem(document, listNode(document, 'fieldOverrides'), entry)
  }
  const list = (text: string): { readonly document: JsoncDocument; readonly node: Node | undefined } => {
    const { document } = parseIndexFile(text, file)
    return { document, node: nodeAt(document, ['fieldOverrides', found.position, 'indexes']) }
  }
  const unwanted = new Set(lacking(found.indexes, target).map(keyOfFieldIndex))
  let text = body
  for (let position = (list(body).node?.children?.length ?? 0) - 1; position >= 0; position--) {
    const { document, node } = list(text)
    const item = node?.children?.[position]
    const index = item === undefined ? undefined : parseFieldIndex(getNodeValue(item))
    if (node !== undefined && index !== undefined && unwanted.has(keyOfFieldIndex(index))) {
      text = withoutItem(document, node, position)
    }
  }
  for (const index of lacking(target, found.indexes)) {
    const { document, node } = list(text)
    if (node !== undefined) text = withItem(document, node, renderFieldIndex(index))
  }
  return text
}

/** The file without the entry at a position of a list. */
export function withoutEntry(body: string, file: string, list: List, position: number): string {
  const { document } = parseIndexFile(body, file)
  return withoutItem(document, listNode(document, list), position)
}

/** The file without a list that is empty. */
export function withoutEmptyList(body: string, file: string, list: List): string {
  const { document } = parseIndexFile(body, file)
  const position = (document.root.children ?? []).findIndex((each) => each.children?.[0]?.value === list)
  const isEmpty = position >= 0 && entriesOf(document, list).length === 0
  return isEmpty ? withoutItem(document, document.root, position) : body
}

/** Applies an edit to the text behind the byte order mark. */
export function edited(text: string, edit: (body: string) => string): string {
  return text.startsWith(mark) ? mark + edit(text.slice(1)) : edit(text)
}

export const hasList = ({ document }: IndexFile, list: List): boolean => nodeAt(document, [list]) !== undefined

function entriesOf(document: JsoncDocument, list: List): readonly Node[] {
  return nodeAt(document, [list])?.children ?? []
}

function withList(body: string, file: string, list: List): IndexFile {
  const parsed = parseIndexFile(body, file)
  if (hasList(parsed, list)) return parsed
  return parseIndexFile(withItem(parsed.document, parsed.document.root, [], list), file)
}

function listNode(document: JsoncDocument, list: List): Node {
  return nodeAt(document, [list]) ?? document.root
}
