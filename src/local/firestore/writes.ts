import { status } from '@grpc/grpc-js'
import { checkDocumentSize } from './limits.ts'
import { keyOf, parseDocumentName } from './names.ts'
import { parseMask, valueAt, withoutValue, withValue } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { invalid, refusal } from './status.ts'
import { microsOf, timestampOf } from './store.ts'
import type { StoredDocument } from './store.ts'
import { applyTransforms, parseTransforms } from './transforms.ts'
import type { Transform } from './transforms.ts'
import { hasIdenticalFields, parseFields, parseTimestamp } from './values.ts'
import type { Fields, Value } from './values.ts'
import type { WirePrecondition, WireWrite } from './wire.ts'

/** What must hold of the stored document for a write to land. */
export type Precondition = { readonly exists: boolean } | { readonly version: number } | undefined

/** One write, checked as far as it can be without the stored document. */
export interface Write {
  readonly name: string
  readonly key: string
  readonly segments: readonly string[]
  /** `patch` changes the fields of the mask, `put` makes the document have exactly these fields. */
  readonly op: 'put' | 'patch' | 'delete'
  readonly fields: Fields
  readonly mask: readonly FieldPath[]
  readonly transforms: readonly Transform[]
  readonly precondition: Precondition
}

/** A decoded write of this database; refused when anything about it can never be stored. */
export function parseWrite(wire: WireWrite, database: string): Write {
  if (wire.update) return parseUpdate(wire, database)
  const precondition = parsePrecondition(wire.currentDocument)
  const nothing = { fields: {}, mask: [], transforms: [], precondition }
  if (Object.hasOwn(wire, 'delete')) return { ...parseTarget(wire.delete ?? '', database), ...nothing, op: 'delete' }
  if (wire.transform) {
    const transforms = parseTransforms(wire.transform.fieldTransforms ?? [])
    return { ...parseTarget(wire.transform.document ?? '', database), ...nothing, op: 'patch', transforms }
  }
  throw invalid('empty write operation')
}

function parseUpdate(wire: WireWrite, database: string): Write {
  const mask = parseMask(wire.updateMask)
  const transforms = parseTransforms(wire.updateTransforms ?? [])
  return {
    ...parseTarget(wire.update?.name ?? '', database),
    op: mask ? 'patch' : 'put',
    fields: parseFields(wire.update?.fields),
    mask: mask ?? [],
    transforms,
    precondition: parsePrecondition(wire.currentDocument),
  }
}

function parseTarget(name: string, database: string): Pick<Write, 'name' | 'key' | 'segments'> {
  const parsed = parseDocumentName(name)
  if (parsed.database !== database) throw invalid(`Document name "${name}" is not in the database "${database}".`)
  return { name, key: keyOf(parsed.segments), segments: parsed.segments }
}

function parsePrecondition(wire: WirePrecondition | null | undefined): Precondition {
  if (wire && Object.hasOwn(wire, 'exists')) return { exists: wire.exists ?? false }
  return wire?.updateTime ? { version: microsOf(parseTimestamp(wire.updateTime)) } : undefined
}

export interface Applied {
  readonly document: StoredDocument | undefined
  readonly transformResults: readonly Value[]
}

/** The document after the write, or a refusal. A write that changes nothing gives the stored document itself. */
export function applyWrite(stored: StoredDocument | undefined, write: Write, micros: number): Applied {
  checkPrecondition(stored, write)
  if (write.op === 'delete') return { document: undefined, transformResults: [] }
  const base = write.op === 'put' ? write.fields : patch(stored?.fields ?? {}, write)
  const { fields, results } = applyTransforms(base, write.transforms, micros)
  if (stored && hasIdenticalFields(stored.fields, fields)) return { document: stored, transformResults: results }
  const size = checkDocumentSize(write.segments, fields)
  const time = timestampOf(micros)
  const document: StoredDocument = {
    name: write.name,
    key: write.key,
    collectionId: write.segments.at(-2) ?? '',
    fields,
    createTime: stored?.createTime ?? time,
    updateTime: time,
    version: micros,
    size,
  }
  return { document, transformResults: results }
}

function patch(stored: Fields, write: Write): Fields {
  let fields = stored
  for (const path of write.mask) {
    const value = valueAt(write.fields, path)
    fields = value ? withValue(fields, path, value) : withoutValue(fields, path)
  }
  return fields
}

function checkPrecondition(stored: StoredDocument | undefined, { precondition, name }: Write): void {
  if (!precondition) return
  if ('version' in precondition) {
    const version = stored?.version ?? 0
    if (version === precondition.version) return
    throw refusal(
      status.FAILED_PRECONDITION,
      `the stored version (${version}) does not match the required base version (${precondition.version}): ${name}`,
    )
  }
  if (precondition.exists && !stored) throw refusal(status.NOT_FOUND, `No document to update: ${name}`)
  if (!precondition.exists && stored) throw refusal(status.ALREADY_EXISTS, `Document already exists: ${name}`)
}
