import { limits } from './limits.ts'
import { invalid } from './status.ts'

/** Between two segments of a sort key; no segment's key contains it, so a prefix and this is a subtree. */
export const separator = '\u0000'
/** The first key after everything that starts with a prefix and the separator. */
export const afterSubtree = '\u0001'

/** A name taken apart: `projects/p/databases/d/documents/` and what follows. */
export interface ParsedName {
  /** `projects/p/databases/d` */
  readonly database: string
  readonly project: string
  /** The segments below `documents`, possibly none. */
  readonly segments: readonly string[]
}

/** Takes any resource name apart; `what` names it in the refusal. */
export function parseName(name: string, what: string): ParsedName {
  const [projects, project, databases, database, documents, ...segments] = name.split('/')
  if (projects !== 'projects') throw invalid(`${what} "${name}" lacks "projects" at index 0.`)
  if (!project || databases !== 'databases' || !database) {
    throw invalid(`${what} "${name}" is not of the form projects/{project}/databases/{database}/documents/{path}.`)
  }
  if (documents !== 'documents') throw invalid(`${what} "${name}" lacks "documents" after the database.`)
  return { database: `projects/${project}/databases/${database}`, project, segments }
}

/** The name of a document that may be written or read, every segment checked. */
export function parseDocumentName(name: string): ParsedName {
  const parsed = parseName(name, 'Document name')
  if (parsed.segments.length === 0 || parsed.segments.length % 2 !== 0) {
    throw invalid(`Document name "${name}" names no document: its path must have an even number of segments.`)
  }
  checkSegments(name, parsed.segments)
  return parsed
}

/** The root of a database or a document: what a query or a listing looks below. */
export function parseParent(name: string): ParsedName {
  const parsed = parseName(name, 'Document parent name')
  if (parsed.segments.length % 2 !== 0) throw invalid(`Document parent name "${name}" names a collection.`)
  checkSegments(name, parsed.segments)
  return parsed
}

function checkSegments(name: string, segments: readonly string[]): void {
  for (const [at, segment] of segments.entries()) {
    if (segment === '') throw invalid(`Document name "${name}" lacks a resource id.`)
    if (segment === '.' || segment === '..')
      throw invalid(`Document name "${name}" contains a resource id "${segment}".`)
    if (Buffer.byteLength(segment) > limits.nameSegmentBytes) {
      throw invalid(`The key path element name is longer than ${limits.nameSegmentBytes} bytes.`)
    }
    if (segment.startsWith('__')) checkReserved(segment, at % 2 === 0 ? 'Collection' : 'Resource')
  }
  if (segments.length > limits.pathSegments)
    throw invalid(`Key path is too long. Cannot exceed ${limits.pathSegments / 2} elements.`)
  if (Buffer.byteLength(name) > limits.nameBytes)
    throw invalid(`Document name is longer than ${limits.nameBytes} bytes.`)
}

function checkReserved(segment: string, what: string): void {
  if (segment.length < 4 || !segment.endsWith('__')) return
  if (what === 'Collection' || numericId(segment) === undefined) {
    throw invalid(`${what} id "${segment}" is invalid because it is reserved.`)
  }
}

/** A name or path as a text whose plain order is Firestore's: by segment, numeric ids first, then UTF-8 bytes. */
export function nameKey(name: string): string {
  return keyOf(name.split('/'))
}

/** The sort key of a path given as segments. */
export function keyOf(segments: readonly string[]): string {
  return segments.map(segmentKey).join(separator)
}

/** Units that sort as they are. */
const plain = /^[ -\ud7ff]*$/

function segmentKey(segment: string): string {
  const id = numericId(segment)
  if (id !== undefined) return `\u0001\u0001${String(id + 2n ** 63n).padStart(20, '0')}`
  if (plain.test(segment)) return segment
  let key = ''
  for (let at = 0; at < segment.length; at++) key += unitKey(segment.charCodeAt(at))
  return key
}

function unitKey(unit: number): string {
  if (unit < 2) return unit === 0 ? '\u0001\u0002' : '\u0001\u0003'
  if (unit < 0xd800) return String.fromCharCode(unit)
  return String.fromCharCode(unit < 0xe000 ? unit + 0x2000 : unit - 0x800)
}

function numericId(segment: string): bigint | undefined {
  const digits = /^__id(-?(?:0|[1-9]\d*))__$/.exec(segment)?.[1]
  if (digits === undefined || digits === '-0') return undefined
  const id = BigInt(digits)
  return BigInt.asIntN(64, id) === id ? id : undefined
}
