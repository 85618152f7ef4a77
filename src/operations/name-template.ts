import { LockstepError } from '../kernel/errors.ts'
import type { CollectionScope } from '../stores/documents.ts'
import { parsePattern } from './collection-pattern.ts'
import { brokenName } from './document-limits.ts'

/**
 * Where the documents of a pattern get their counterparts, written with the pattern's placeholders: `contacts/{phone}`,
 * also with text around them, as in `chats/{uid}_{phone}`. Each counterpart can be told back to its source.
 */
export interface NameTemplate {
  readonly text: string
  /** What to read from the store for the counterparts: a superset, as a pattern's is. */
  readonly scope: CollectionScope
  /** The counterpart of a document; undefined where it is not of the pattern, or where `troubleOf` says why. */
  readonly nameOf: (name: string) => string | undefined
  /** The document a counterpart belongs to; undefined for a document that can be nobody's. */
  readonly sourceOf: (target: string) => string | undefined
  /** As `nameOf`, also for what lies below a document of the pattern, at any depth. */
  readonly nameBelow: (name: string) => string | undefined
  /** As `sourceOf`, also for what lies below a counterpart. */
  readonly sourceBelow: (target: string) => string | undefined
  /** Why a document of the pattern, or one below, cannot have a counterpart, in words; undefined where it can. */
  readonly troubleOf: (name: string) => string | undefined
}

/** Text, or a placeholder. */
type Part = { readonly text: string } | { readonly variable: string }

const placeholder = /\{([A-Za-z_][A-Za-z0-9_]*)\}/

/** Throws LS-2101 for the pattern, and LS-2111 for a target that cannot be read, or cannot be told back. */
export function parseTemplate(text: string, pattern: string): NameTemplate {
  parsePattern(pattern)
  const source = pattern.split('/').map(partsOf)
  const target = text.split('/').map((segment, index) => parseSegment(text, segment, index))
  requireDocument(text, target)
  requireSameVariables(text, variablesIn(pattern, source), variablesIn(text, target))
  const [there, back] = [rewriter(source, target), rewriter(target, source)]
  const to: Way = { depth: source.length, there, back }
  const from: Way = { depth: target.length, there: back, back: there }
  return {
    text,
    scope: scopeOf(target),
    nameOf: (name) => nameAt(to, name),
    sourceOf: (name) => nameAt(from, name),
    nameBelow: (name) => nameBy(to, name),
    sourceBelow: (name) => nameBy(from, name),
    troubleOf: (name) => troubleBy(to, name),
  }
}

/** The way from names of one form to those of the other, for what lies at this depth or below. */
interface Way {
  readonly depth: number
  readonly there: (name: string) => string | undefined
  readonly back: (name: string) => string | undefined
}

/** Of a document of the form itself. */
function nameAt({ there, back }: Way, name: string): string | undefined {
  const target = there(name)
  return target === undefined || brokenName(target) !== undefined || back(target) !== name ? undefined : target
}

function nameBy(way: Way, name: string): string | undefined {
  const found = moved(way, name)
  return found === undefined || troubleWith(way, found) !== undefined ? undefined : found.target
}

function troubleBy(way: Way, name: string): string | undefined {
  const found = moved(way, name)
  return found === undefined ? undefined : troubleWith(way, found)
}

function troubleWith(way: Way, found: Moved): string | undefined {
  const broken = brokenName(found.target)
  if (broken !== undefined) return broken
  return way.back(found.head) === found.top ? undefined : 'its new id could not be told back to the old one'
}

interface Moved {
  /** Of the document of the form itself: its name, and its new one. */
  readonly top: string
  readonly head: string
  /** The new name of the document, which may lie below. */
  readonly target: string
}

function moved({ depth, there }: Way, name: string): Moved | undefined {
  const ids = name.split('/')
  if (ids.length < depth) return undefined
  const top = ids.length === depth ? name : ids.slice(0, depth).join('/')
  const head = there(top)
  return head === undefined ? undefined : { top, head, target: [head, ...ids.slice(depth)].join('/') }
}

/** Throws LS-2111 where one document could be of the pattern and a counterpart at once. */
export function requireApart(text: string, pattern: string): void {
  const [target, source] = [text.split('/'), pattern.split('/')]
  const isSame = (segment: string, index: number): boolean => {
    const other = source[index] ?? ''
    return segment === other || placeholder.test(segment) || placeholder.test(other)
  }
  if (target.length !== source.length || !target.every(isSame)) return
  throw refuse(text, `its documents may be those of "${pattern}" themselves`, 'choose another collection')
}

function partsOf(segment: string): readonly Part[] {
  return segment.split(placeholder).flatMap((piece, index): readonly Part[] => {
    if (index % 2 === 1) return [{ variable: piece }]
    return piece === '' ? [] : [{ text: piece }]
  })
}

function parseSegment(text: string, segment: string, index: number): readonly Part[] {
  const parts = partsOf(segment)
  if (parts.length === 0) throw refuse(text, 'it has an empty segment', 'remove the extra slash')
  if (parts.some((part) => 'text' in part && /[{}]/.test(part.text)))
    throw refuse(text, `"${segment}" is half a placeholder`, 'write {name} with the name of a placeholder')
  if (index % 2 === 0 && parts.some((part) => 'variable' in part))
    throw refuse(text, `"${segment}" stands where a collection id is due`, 'write the collection id itself')
  if (parts.some((part, at) => 'variable' in part && 'variable' in (parts[at + 1] ?? { text: '' })))
    throw refuse(text, `nothing parts the placeholders in "${segment}"`, 'write something between them, as in {a}_{b}')
  if (parts.every((part) => 'text' in part) && brokenName(segment) !== undefined)
    throw refuse(text, `"${segment}" cannot be an id`, 'Firestore keeps ids such as . and __x__ for itself')
  return parts
}

function requireDocument(text: string, { length }: readonly (readonly Part[])[]): void {
  if (length % 2 === 0) return
  throw refuse(text, 'it names a collection, not its documents', `add the document, e.g. ${text}/{id}`)
}

function variablesIn(text: string, segments: readonly (readonly Part[])[]): readonly string[] {
  const found = variablesOf(segments)
  const twice = found.find((name, index) => found.indexOf(name) !== index)
  if (twice === undefined) return found
  throw refuse(text, `{${twice}} occurs twice`, 'give each placeholder a place of its own')
}

function variablesOf(segments: readonly (readonly Part[])[]): readonly string[] {
  return segments.flat().flatMap((part) => ('variable' in part ? [part.variable] : []))
}

function requireSameVariables(text: string, source: readonly string[], target: readonly string[]): void {
  const missing = source.find((name) => !target.includes(name))
  if (missing !== undefined) {
    const hint = `put {${missing}} into an id, as in ${text}_{${missing}}`
    throw refuse(text, `without {${missing}} its documents could not be told back`, hint)
  }
  const unknown = target.find((name) => !source.includes(name))
  if (unknown === undefined) return
  const known = source.map((name) => `{${name}}`).join(' and ')
  throw refuse(text, `the pattern has no {${unknown}}`, `use ${known}, and nothing else`)
}

/** From a name of one form to the other, each variable as short as it can be. */
function rewriter(
  from: readonly (readonly Part[])[],
  to: readonly (readonly Part[])[],
): (name: string) => string | undefined {
  const part = (each: Part): string => ('text' in each ? escaped(each.text) : '([^/]+?)')
  const form = new RegExp(`^${from.map((parts) => parts.map(part).join('')).join('/')}$`, 'u')
  const variables = variablesOf(from)
  const pieces = to.flatMap((parts, index) => [
    ...(index === 0 ? [] : ['/']),
    ...parts.map((each) => ('text' in each ? each.text : variables.indexOf(each.variable) + 1)),
  ])
  return (name) => {
    const found = form.exec(name)
    return found === null ? undefined : pieces.map((each) => (typeof each === 'string' ? each : found[each])).join('')
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function scopeOf(segments: readonly (readonly Part[])[]): CollectionScope {
  const texts = segments.map((parts) => parts.map((part) => ('text' in part ? part.text : '')).join(''))
  const first = segments.findIndex((parts) => parts.some((part) => 'variable' in part))
  const direct = first === segments.length - 1
  return {
    parent: texts.slice(0, direct ? -2 : first - 1).join('/'),
    collection: texts.at(-2) ?? '',
    descendants: !direct,
  }
}

function refuse(text: string, why: string, hint: string): LockstepError {
  return new LockstepError('LS-2111', `place "${text}" cannot be used: ${why}`, { where: { name: text }, hint })
}
