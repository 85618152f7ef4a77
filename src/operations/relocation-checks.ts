import { LockstepError } from '../kernel/errors.ts'
import type { Document, DocumentReader } from '../stores/documents.ts'
import { brokenLimit, documentLimits, documentSize } from './document-limits.ts'
import { sameValue } from './field-path.ts'
import type { Finding, Verification, VerifyScope } from './operation.ts'
import { resultOf } from './pair-edits.ts'
import { agree, carry } from './pair-rules.ts'
import type { Pair } from './pair-rules.ts'
import { editsOf, printPlace } from './relocate.ts'
import { isHosted, knownPairs, projectionOf, scopeOf, stateOf, unitOf, unitsOfPage, valueAt } from './relocation.ts'
import type { Images, PairUnit, Relocation } from './relocation.ts'

/** Documents read at once while checking. */
const pageSize = 500

const noImages: Images = async () => new Map()

export interface Inspection {
  /** Documents of the old side that were read, and the writes their copies take. */
  readonly read: number
  readonly writes: number
  /** Pairs whose new place says the same already. */
  readonly existing: number
  /** Bytes that the new places will take. */
  readonly bytes: number
  /** By reason, the names of the documents that stand in the way: all are counted, the first are named. */
  readonly problems: ReadonlyMap<string, Example>
}

interface Example {
  count: number
  readonly names: string[]
}

/** Told of a document that stands in the way, and why. */
export type Note = (name: string, why: string) => void

/** Looks for what is in the way beyond what trying the copy finds. */
export type Inspect = (documents: DocumentReader, note: Note) => Promise<void>

/** Tries the copy without writing, over all documents or the first `most`: what is in the way is found before a run. */
export async function inspectRelocation(
  relocation: Relocation,
  documents: DocumentReader,
  most: number,
  inspect?: Inspect,
): Promise<Inspection> {
  const problems = new Map<string, Example>()
  const note: Note = (name, why) => {
    const example = problems.get(why) ?? { count: 0, names: [] }
    example.count++
    if (example.names.length < 5) example.names.push(name)
    problems.set(why, example)
  }
  const sums = { read: 0, writes: 0, existing: 0, bytes: 0 }
  for await (const units of unitPages(relocation, documents, { most, images: noImages })) {
    for (const unit of units) {
      sums.read += isHosted(relocation, 'from') ? 1 : unit.documents.size - (unit.documents.has(unit.key) ? 1 : 0)
      for (const pair of knownPairs(relocation, unit)) sums.existing += inspectPair(relocation, unit, pair, note)
      for (const edit of editsOf(relocation, unit, carrying, { add: note, tell: () => {} })) {
        sums.writes++
        const { name, fields } = resultOf(edit)
        sums.bytes += JSON.stringify(fields).length
        const broken = brokenLimit(name, fields)
        if (broken !== undefined) note(name, broken)
      }
    }
  }
  await inspect?.(documents, note)
  return { ...sums, problems }
}

const carrying = { act: 'carry', late: false } as const

/** 1 for a new place that is there already and says the same. */
function inspectPair(relocation: Relocation, unit: PairUnit, pair: Pair, note: Note): number {
  const { old, neu } = stateOf(relocation, unit, pair)
  if (old === undefined || neu === undefined || pair.obstacle !== undefined) return 0
  if (agree(old, neu, pair.lens)) return 1
  note(pair.to.name, 'the new place is taken by something else')
  return 0
}

/** Throws LS-2110 with every kind of problem, each with its count and examples. */
export function requireWay(summary: string, { problems }: Inspection): void {
  const errors = [...problems].map(
    ([why, { count, names }]) =>
      new LockstepError('LS-2110', `${count} ${count === 1 ? 'document' : 'documents'}: ${why}`, {
        where: { name: names.join(', ') + (count > names.length ? ', …' : '') },
        hint: 'mend these documents, or exclude them by a narrower pattern; nothing was written',
      }),
  )
  const [first, ...also] = errors
  if (first === undefined) return
  throw new LockstepError('LS-2110', `${summary}: ${first.message}`, {
    ...(first.where === undefined ? {} : { where: first.where }),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    also,
  })
}

/** Reads the old side whole, with the new side to it, and names each pair whose new place does not stand for the old. */
export async function* verifyRelocation(
  relocation: Relocation,
  documents: DocumentReader,
  { since, images, signal }: Pick<VerifyScope, 'since' | 'images' | 'signal'>,
): Verification {
  let checked = 0
  for await (const units of unitPages(relocation, documents, { most: Infinity, images, signal })) {
    checked += units.length
    for (const unit of units) {
      for (const pair of knownPairs(relocation, unit)) {
        if (!isExcused(unit, pair, since)) yield* findingOf(relocation, unit, pair)
      }
      for (const { path, change } of relocation.lists ?? []) {
        const place = { name: unit.key, path }
        const value = valueAt(unit, place)
        if (value === undefined || isExcused(unit, { from: place, to: place }, since)) continue
        if (!sameValue(change(value, 'carry'), value))
          yield { where: unit.key, problem: 'a member of a list is not up to date' }
      }
    }
  }
  return { checked, what: 'documents compared with their new place' }
}

/** What the app wrote after the last sweep began is its business until the next. */
function isExcused(
  { documents }: PairUnit,
  { from, to }: Pick<Pair, 'from' | 'to'>,
  since: string | undefined,
): boolean {
  if (since === undefined) return false
  return [from, to].some(({ name }) => (documents.get(name)?.updateTime ?? '') > since)
}

function* findingOf(relocation: Relocation, unit: PairUnit, pair: Pair): Generator<Finding> {
  if (pair.obstacle?.side === 'from') {
    yield { where: printPlace(pair.from), problem: pair.obstacle.why }
    return
  }
  const outcome = carry(stateOf(relocation, unit, pair), pair.lens)
  const { from, to } = pair
  if (outcome.act === 'stuck') yield { where: from.name, problem: outcome.why }
  else if (outcome.act === 'write') yield { where: from.name, problem: `${to.name} does not have what is here` }
  else if (outcome.act === 'remove') yield { where: to.name, problem: `is gone from ${from.name}, but not from here` }
}

interface Reading {
  readonly most: number
  readonly images: Images
  readonly signal?: AbortSignal
}

async function* unitPages(
  relocation: Relocation,
  documents: DocumentReader,
  { most, images, signal }: Reading,
): AsyncGenerator<readonly PairUnit[]> {
  const fields = projectionOf(relocation, 'from')
  const options = { ...(fields === undefined ? {} : { fields }), ...(signal === undefined ? {} : { signal }) }
  const found = documents.scan(scopeOf(relocation, 'from'), {}, options)
  let page: Document[] = []
  let read = 0
  const flush = (): Promise<readonly PairUnit[]> => unitsOfPage(relocation, 'from', page, { documents, images })
  const goesOn = createGathering(relocation)
  for await (const document of found) {
    const sameHost = goesOn(document)
    if (page.length >= pageSize && !sameHost) {
      yield await flush()
      page = []
    }
    page.push(document)
    if (++read >= most) break
  }
  if (page.length > 0) yield await flush()
}

/**
 * True for a document that ends up in the same one as the document before: they are looked at together, to see whether
 * there is room for all, and no further than until there is none.
 */
function createGathering(relocation: Relocation): (document: Document) => boolean {
  let host: string | undefined
  let size = 0
  return ({ name, fields }) => {
    if (isHosted(relocation, 'from')) return false
    const next = unitOf(relocation, 'from', name)
    // Entries take less than their documents, which have names and may have the key in a field.
    const same = next !== undefined && next === host && size <= 4 * documentLimits.document
    size = (same ? size : 0) + documentSize(name, fields)
    host = next
    return same
  }
}
