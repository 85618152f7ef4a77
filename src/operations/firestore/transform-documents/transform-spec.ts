import { LockstepError } from '../../../kernel/errors.ts'
import type { FieldPath, Value } from '../../../stores/documents.ts'
import { encodeValue } from '../../../stores/values.ts'
import { parseCheck } from '../../check-option.ts'
import type { CheckOption } from '../../check-option.ts'
import { parsePattern } from '../../collection-pattern.ts'
import type { CollectionPattern } from '../../collection-pattern.ts'
import { parseFieldPath } from '../../field-path.ts'

/** A decoded document; functions may change it and give it back. */
export type DecodedDocument = Record<string, unknown>

/** Pure: gets the decoded document and the values of the pattern's placeholders, returns the whole document. */
export type TransformFunction = (document: DecodedDocument, path: Readonly<Record<string, string>>) => object

export interface TransformOptions extends CheckOption {
  readonly up: TransformFunction
  /** The way back for what others wrote in the new shape; without it, only what we wrote goes back. */
  readonly down?: TransformFunction
  /** Pure: whether a document is in the new shape. Either this or `marker` is needed. */
  readonly isNew?: (document: DecodedDocument) => boolean
  /** A field of the document that is written with the change and tells the new shape. */
  readonly marker?: { readonly field: string; readonly value: unknown }
  /** The fields the functions look at; without it whole documents are read. */
  readonly reads?: readonly string[]
  /** The fields `up` and `down` may write; without it those of `reads`, or any. */
  readonly fields?: readonly string[]
}

export interface TransformDocumentsSpec {
  readonly pattern: string
  readonly options: TransformOptions
}

export interface CompiledTransform {
  readonly pattern: CollectionPattern
  readonly options: TransformOptions
  readonly marker: { readonly path: FieldPath; readonly value: Value } | undefined
  /** Undefined reads whole documents. */
  readonly projection: readonly FieldPath[] | undefined
  /** Undefined: anything may be written. */
  readonly writable: readonly FieldPath[] | undefined
}

/** Throws LS-2002 naming what is missing, LS-2101 for the pattern, LS-2103 for fields. */
export function parseTransform(spec: unknown): TransformDocumentsSpec {
  const { pattern, options } = spec as Partial<TransformDocumentsSpec>
  if (typeof pattern !== 'string' || typeof options?.up !== 'function') {
    throw new LockstepError('LS-2002', 'transformDocuments needs a pattern and a function up', {
      hint: "write firestore.transformDocuments('Users/{uid}', { up: (user) => ({ ...user, … }), isNew: (user) => … })",
    })
  }
  const tells = [options.isNew, options.marker].filter((each) => each !== undefined)
  if (tells.length !== 1) {
    throw new LockstepError(
      'LS-2002',
      `transformDocuments needs isNew or marker, and got ${tells.length === 0 ? 'neither' : 'both'}`,
      {
        where: { name: pattern },
        why: 'documents are looked at again after a crash, in sweeps and on the way back: what is done has to be told from what is not, or up() runs on its own result',
        hint: "add isNew: (document) => …, which tells the new shape, or marker: { field: 'version', value: 2 }",
      },
    )
  }
  parseCheck(options)
  const parsed = { pattern, options }
  compileTransform(parsed)
  return parsed
}

export function compileTransform({ pattern, options }: TransformDocumentsSpec): CompiledTransform {
  const reads = options.reads?.map(parseFieldPath)
  const written = options.fields?.map(parseFieldPath)
  const marker = markerOf(options)
  const read = reads && [...reads, ...(written ?? []), ...(marker === undefined ? [] : [marker.path])]
  return {
    pattern: parsePattern(pattern),
    options,
    marker,
    // Of a nested field the whole field at the top, to see what is in the way.
    projection: read && [...new Set(read.map(([top = '']) => top))].map((top) => [top]),
    writable: written ?? reads,
  }
}

function markerOf({ marker }: TransformOptions): CompiledTransform['marker'] {
  if (marker === undefined) return undefined
  const path = parseFieldPath(marker.field)
  if (path.length === 1) return { path, value: encodeValue(marker.value) }
  throw new LockstepError('LS-2103', `marker "${marker.field}" is not a field of the document itself`, {
    where: { name: marker.field },
    hint: "name a field at the top, as in marker: { field: 'version', value: 2 }",
  })
}
