import { LockstepError } from '../kernel/errors.ts'
import type { CollectionScope, Document } from '../stores/documents.ts'

/** A parsed pattern such as `Whatsapp_Data/{uid}/chats/{phone}`: it matches documents of exactly its depth. */
export interface CollectionPattern {
  readonly text: string
  /** What to read from the store: a superset of the matches, because collection groups ignore depth. */
  readonly scope: CollectionScope
  /** The values of the placeholders, or undefined when the document is not of the pattern. */
  match(name: string): Readonly<Record<string, string>> | undefined
}

type Segment = { readonly literal: string } | { readonly variable: string }

/** Throws LS-2101 naming the segment at fault. */
export function parsePattern(text: string): CollectionPattern {
  const segments = text.split('/').map((segment, index) => parseSegment(text, segment, index))
  if (segments.length % 2 !== 0) {
    throw refuse(text, 'it names a collection, not its documents', `add the document, e.g. ${text}/{id}`)
  }
  const last = segments.at(-1)
  if (last === undefined || !('variable' in last)) {
    throw refuse(text, 'its last segment must be a placeholder', 'end it with a placeholder such as {id}')
  }
  return { text, scope: scopeOf(segments), match: (name) => matchSegments(segments, name) }
}

/** The documents of the stream that the pattern matches. */
export async function* matching(pattern: CollectionPattern, found: AsyncIterable<Document>): AsyncGenerator<Document> {
  for await (const document of found) if (pattern.match(document.name) !== undefined) yield document
}

function parseSegment(text: string, segment: string, index: number): Segment {
  const variable = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(segment)?.[1]
  if (variable !== undefined) {
    if (index % 2 === 1) return { variable }
    throw refuse(text, `{${variable}} stands where a collection id is due`, 'write the collection id itself')
  }
  if (segment === '') throw refuse(text, 'it has an empty segment', 'remove the extra slash')
  if (/[{}]/.test(segment)) throw refuse(text, `"${segment}" is half a placeholder`, 'write {name} and nothing else')
  return { literal: segment }
}

function scopeOf(segments: readonly Segment[]): CollectionScope {
  const firstVariable = segments.findIndex((segment) => 'variable' in segment)
  const direct = firstVariable === segments.length - 1
  const parents = segments.slice(0, direct ? -2 : firstVariable - 1)
  const collection = segments.at(-2)
  return {
    parent: parents.map((segment) => ('literal' in segment ? segment.literal : '')).join('/'),
    collection: collection !== undefined && 'literal' in collection ? collection.literal : '',
    descendants: !direct,
  }
}

function matchSegments(segments: readonly Segment[], name: string): Readonly<Record<string, string>> | undefined {
  const parts = name.split('/')
  if (parts.length !== segments.length) return undefined
  const variables: Record<string, string> = {}
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]
    const part = parts[index] ?? ''
    if (segment === undefined) continue
    if ('variable' in segment) variables[segment.variable] = part
    else if (segment.literal !== part) return undefined
  }
  return variables
}

function refuse(text: string, why: string, hint: string): LockstepError {
  return new LockstepError('LS-2101', `pattern "${text}" cannot be used: ${why}`, { where: { name: text }, hint })
}
