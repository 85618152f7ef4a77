import type { Document, DocumentReader } from '../stores/documents.ts'
import { matching } from './collection-pattern.ts'
import { brokenLimit, documentSize } from './document-limits.ts'
import { pagesOf } from './document-pages.ts'
import { createProblems } from './document-problems.ts'
import type { Problems } from './document-problems.ts'
import { fieldAt, parseFieldPath, sameValue } from './field-path.ts'
import { createHotFields } from './hot-fields.ts'
import type { HotField } from './hot-fields.ts'
import type { IndexSettings } from './index-settings.ts'
import type { InPlace, Verdict } from './in-place.ts'
import type { Finding, Verification, VerifyScope } from './operation.ts'
import { fieldsWith } from './value-draft.ts'
import { onlyFields } from './value-tree.ts'

export interface InPlaceInspection {
  /** Documents of the pattern that were read, and how many of them will be written. */
  readonly read: number
  readonly writes: number
  /** Documents that have something of the new shape already. */
  readonly existing: number
  /** Bytes that what is written takes more than what it replaces. */
  readonly bytes: number
  /** Bytes of what is written. */
  readonly sent: number
  /** Documents that get another time in a field by which they expire, by that field. */
  readonly expiring: ReadonlyMap<string, number>
  readonly hot: readonly HotField[]
  readonly problems: Problems
}

/** Tries the change without writing, over all documents or the first `most`: what is in the way is found before a run. */
export async function inspectInPlace(
  inPlace: InPlace,
  documents: DocumentReader,
  { most, settings }: { readonly most: number; readonly settings: IndexSettings },
): Promise<InPlaceInspection> {
  const { problems, note } = createProblems()
  const sums = { read: 0, writes: 0, existing: 0, bytes: 0, sent: 0 }
  const ttl = settings.expiring.filter(({ collection }) => collection === inPlace.pattern.scope.collection)
  const expiring = new Map<string, number>()
  const hot = createHotFields()
  // Whole documents, since it is as a whole that they may become too large.
  for await (const document of matching(inPlace.pattern, documents.scan(inPlace.pattern.scope, {}))) {
    const seen = onlyFields(document, inPlace.fields)
    sums.read++
    if (inPlace.isNew(seen)) sums.existing++
    const verdict = inPlace.up(seen, { images: [], since: undefined })
    for (const why of new Set(verdict.stays)) note(document.name, why)
    if (verdict.changes.length > 0) {
      sums.writes++
      const after = fieldsWith(document.fields, verdict.changes)
      sums.bytes += JSON.stringify(after).length - JSON.stringify(document.fields).length
      const written = fieldsWith({}, verdict.changes)
      hot.note(document.name, written)
      sums.sent += documentSize(document.name, written)
      const broken = brokenLimit(document.name, after, settings)
      if (broken !== undefined) note(document.name, broken)
      for (const { field } of ttl) {
        const [was, will] = [document.fields, after].map((fields) => fieldAt({ fields }, parseFieldPath(field)))
        if (will !== undefined && 'timestampValue' in will && !sameValue(was, will))
          expiring.set(field, (expiring.get(field) ?? 0) + 1)
      }
    }
    if (sums.read >= most) break
  }
  return { ...sums, expiring, hot: hot.found(), problems }
}

function scanOf({ pattern, fields }: InPlace, documents: DocumentReader, signal: AbortSignal): AsyncIterable<Document> {
  return documents.scan(pattern.scope, {}, { ...(fields === undefined ? {} : { fields }), signal })
}

/** Reads every document and names each that is not in the new shape, or of which nobody knows whether it is. */
export async function* verifyInPlace(inPlace: InPlace, documents: DocumentReader, scope: VerifyScope): Verification {
  const { since, signal } = scope
  let checked = 0
  for await (const page of pagesOf(matching(inPlace.pattern, scanOf(inPlace, documents, signal)))) {
    checked += page.length
    if (inPlace.blind) yield* blindFindings(inPlace, page, scope)
    else {
      for (const document of page) {
        if (since === undefined || document.updateTime <= since)
          yield* findingsOf(document, inPlace.up(document, { images: [], since: undefined }))
      }
    }
  }
  return { checked, what: 'documents read' }
}

/** Until the switch a value that we did not write may be of either shape; after it, all who write know the new one. */
async function* blindFindings(
  inPlace: InPlace,
  page: readonly Document[],
  { images, phase }: VerifyScope,
): AsyncGenerator<Finding> {
  if (phase === 'cutover' || phase === 'contract') return
  const remembered = await images(page.map(({ name }) => name))
  for (const document of page)
    yield* findingsOf(document, inPlace.up(document, { images: remembered.get(document.name) ?? [], since: '' }))
}

function* findingsOf({ name }: Document, { changes, stays }: Verdict): Generator<Finding> {
  for (const problem of new Set(stays)) yield { where: name, problem }
  if (changes.length > 0) yield { where: name, problem: 'is not in the new shape yet' }
}
