import { getNodeValue } from 'jsonc-parser'
import { z } from 'zod'
import { LockstepError } from '../kernel/errors.ts'
import type { FieldPath } from '../stores/documents.ts'
import { printFieldPath } from './field-path.ts'
import { parseDocument } from './jsonc-document.ts'

/** A field of all collections with one last name, its path as Firestore writes it. */
export interface GroupField {
  readonly collection: string
  readonly field: string
}

/** What `firestore.indexes.json` says of fields. */
export interface IndexSettings {
  /** Their documents are deleted once the timestamp in the field has passed. */
  readonly expiring: readonly GroupField[]
  /** An index over all collections of the name holds them; the field `*` stands for every field. */
  readonly acrossCollections: readonly GroupField[]
  /** Fields with single-field indexes of their own, or with none; the field `*` stands for every other one. */
  readonly overridden: readonly (GroupField & { readonly indexed: boolean })[]
}

/** Where there is no such file. */
export const noIndexSettings: IndexSettings = Object.freeze({ expiring: [], acrossCollections: [], overridden: [] })

/** What is said where the plan looks; nothing where it does not look. */
export async function settingsOf(look: { indexSettings?(): Promise<IndexSettings> }): Promise<IndexSettings> {
  return (await look.indexSettings?.()) ?? noIndexSettings
}

const scope = z.string().default('COLLECTION')

const form = z.object({
  indexes: z
    .array(
      z.object({
        collectionGroup: z.string(),
        queryScope: scope,
        fields: z.array(z.object({ fieldPath: z.string() })),
      }),
    )
    .default([]),
  fieldOverrides: z
    .array(
      z.object({
        collectionGroup: z.string(),
        fieldPath: z.string(),
        ttl: z.boolean().default(false),
        indexes: z.array(z.object({ queryScope: scope })).optional(),
      }),
    )
    .default([]),
})

/** The text of `firestore.indexes.json`, comments allowed. Throws LS-2401 with the place where it is not JSON, LS-1003 where it is no such file. */
export function parseIndexSettings(text: string, file: string): IndexSettings {
  const { indexes, fieldOverrides } = parseFile(text, file)
  const overrides = fieldOverrides.map((each) => ({ ...each, collection: each.collectionGroup, field: each.fieldPath }))
  return {
    expiring: overrides.filter(({ ttl }) => ttl).map(fieldOf),
    acrossCollections: [
      ...overrides.filter(({ indexes: own = [] }) => own.some(isAcross)).map(fieldOf),
      ...indexes
        .filter(isAcross)
        .flatMap(({ collectionGroup, fields }) =>
          fields.map(({ fieldPath }) => ({ collection: collectionGroup, field: fieldPath })),
        ),
    ],
    overridden: overrides.flatMap(({ indexes: own, ...each }) =>
      own === undefined ? [] : [{ ...fieldOf(each), indexed: own.length > 0 }],
    ),
  }
}

/** True where nothing of the field gets into an index by itself: what is not said of it, is said of a map around it. */
export function isExempt({ overridden }: IndexSettings, collection: string, path: FieldPath): boolean {
  const names = [...path.map((_, index) => printFieldPath(path.slice(0, path.length - index))), '*']
  const settings = names.map((field) =>
    overridden.find((each) => each.collection === collection && each.field === field),
  )
  return settings.find((each) => each !== undefined)?.indexed === false
}

function fieldOf({ collection, field }: GroupField): GroupField {
  return { collection, field }
}

function isAcross({ queryScope }: { readonly queryScope: string }): boolean {
  return queryScope === 'COLLECTION_GROUP'
}

function parseFile(text: string, file: string): z.infer<typeof form> {
  const document = parseDocument(text.replace(/^\uFEFF/, ''), file, true)
  const parsed = form.safeParse(getNodeValue(document.root))
  if (parsed.success) return parsed.data
  throw new LockstepError('LS-1003', `the index settings cannot be read: ${z.prettifyError(parsed.error)}`, {
    where: { file },
    hint: 'mend the file; firebase deploy --only firestore:indexes reads it too',
  })
}
