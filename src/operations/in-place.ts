import type { Document, FieldChange, FieldPath } from '../stores/documents.ts'
import type { CollectionPattern } from './collection-pattern.ts'
import type { DocumentHands, DocumentImage, Unit } from './document-hands.ts'
import { pagesInOrder, parseRange } from './document-pages.ts'
import type { Checkpoint, Work } from './operation.ts'

/** What is to become of a document, and why parts of it stay as they are. */
export interface Verdict {
  readonly changes: readonly FieldChange[]
  readonly stays: readonly string[]
}

/** What is known of a document beside what it holds. */
export interface Known {
  /** What this step wrote to it, oldest first. */
  readonly images: readonly DocumentImage[]
  /** A document that is older was written by nobody who knew of the new shape; undefined: all are. */
  readonly since: string | undefined
}

/** What is known on the way back. */
export interface KnownBack {
  /** What this step wrote to it, there and, in an earlier round, back: undoing both is undoing neither. */
  readonly images: readonly DocumentImage[]
  /** Values of the new shape were there before the migration: those we did not write are no business of ours. */
  readonly mixed: boolean
}

/** A change of documents where they are: both shapes in the same fields, told apart by what these hold. */
export interface InPlace {
  readonly pattern: CollectionPattern
  /** What has to be read; undefined reads whole documents. */
  readonly fields: readonly FieldPath[] | undefined
  /** Nothing in a document tells its shape: only what we know of it does. */
  readonly blind: boolean
  /** Pure, as `down` is. No changes for a document in the new shape. */
  readonly up: (document: Document, known: Known) => Verdict
  readonly down: (document: Document, known: KnownBack) => Verdict
  /** Whether something of it is in the new shape, apart from null. */
  readonly isNew: (document: Document) => boolean
}

interface Remembered extends Unit {
  readonly document: Document
  readonly images: readonly DocumentImage[]
}

/** Walks a shard in name order, there or (in the phase `revert`) back; what stays as it is is told page by page. */
export async function* rewriteInPlace(
  work: Work<unknown>,
  hands: DocumentHands,
  inPlace: InPlace,
): AsyncGenerator<Checkpoint> {
  const range = parseRange(work.scope)
  const from = typeof work.cursor === 'string' ? { ...range, after: work.cursor } : range
  const { pattern, fields } = inPlace
  const options = { ...(fields === undefined ? {} : { fields }), signal: work.signal }
  const judge = judgeOf(work, inPlace)
  yield* pagesInOrder(hands.documents.scan(pattern.scope, from, options), (page) =>
    settlePage(page, { hands, inPlace, judge, remembers: work.phase === 'revert' || inPlace.blind }),
  )
}

type Judge = (remembered: Remembered) => Verdict

function judgeOf({ phase, memo, since }: Work<unknown>, { up, down }: InPlace): Judge {
  if (phase !== 'revert') return ({ document, images }) => up(document, { images, since })
  const { mixed } = parseMemo(memo)
  return ({ document, images }) => down(document, { images, mixed })
}

/** What the plan found: whether values of the new shape were there before. */
function parseMemo(memo: Work<unknown>['memo']): { readonly mixed: boolean } {
  return { mixed: typeof memo === 'object' && memo !== null && 'mixed' in memo && memo.mixed === true }
}

interface PageWork {
  readonly hands: DocumentHands
  readonly inPlace: InPlace
  readonly judge: Judge
  readonly remembers: boolean
}

async function settlePage(
  page: readonly Document[],
  { hands, inPlace: { pattern, fields }, judge, remembers }: PageWork,
): Promise<Checkpoint> {
  const ours = page.filter(({ name }) => pattern.match(name) !== undefined)
  const images = remembers ? await hands.images(ours.map(({ name }) => name)) : new Map<string, DocumentImage[]>()
  const unitOf = (document: Document): Remembered => ({
    key: document.name,
    document,
    images: images.get(document.name) ?? [],
  })
  const stays = new Map<string, readonly string[]>()
  const result = await hands.settle<Remembered>({
    units: ours.map(unitOf),
    edits: (unit) => {
      const verdict = judge(unit)
      stays.set(unit.key, verdict.stays)
      return verdict.changes.length === 0 ? [] : [{ op: 'patch', document: unit.document, changes: verdict.changes }]
    },
    reload: async (units) => {
      const found = await hands.documents.get(
        units.map(({ key }) => key),
        fields,
      )
      return found.filter((document) => document !== undefined).map(unitOf)
    },
  })
  tell(hands, stays)
  return { ...result, cursor: page.at(-1)?.name ?? null, skipped: result.skipped + page.length - ours.length }
}

function tell(hands: DocumentHands, stays: ReadonlyMap<string, readonly string[]>): void {
  const names = new Map<string, string[]>()
  for (const [name, reasons] of stays) {
    for (const why of new Set(reasons)) names.set(why, [...(names.get(why) ?? []), name])
  }
  for (const [why, those] of names) hands.kept(those, why)
}
