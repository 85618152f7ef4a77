import type { Document, DocumentReader, Value } from '../stores/documents.ts'
import { brokenLimit, documentLimits, documentSize } from './document-limits.ts'
import { createProblems } from './document-problems.ts'
import type { Problems } from './document-problems.ts'
import { fieldAt, sameValue } from './field-path.ts'
import { createHotFields } from './hot-fields.ts'
import type { HotField } from './hot-fields.ts'
import type { IndexSettings } from './index-settings.ts'
import { isNoneAlone, knownOf } from './last-hand.ts'
import type { Clients } from './last-hand.ts'
import type { Finding, Verification, VerifyScope } from './operation.ts'
import { agree, carry } from './pair-rules.ts'
import type { Pair, PairState, Place, Trusted } from './pair-rules.ts'
import { resultOf } from './pair-edits.ts'
import { editsOf } from './relocate.ts'
import { fieldsWith } from './value-draft.ts'
import { foundSatellites, isHosted, projectionOf, reloadUnits, scopeOf, unitOf, unitsOfPage } from './relocation.ts'
import type { Images, ListRule, PairUnit, Relocation } from './relocation.ts'

/** Documents read at once while checking. */
const pageSize = 500

const taken = 'the new place is taken by something else'

/** What helps there: most of it is what `down` left of an earlier try. */
export function hintOfTaken(why: string): string | undefined {
  if (why !== taken) return undefined
  return (
    'if an earlier try was taken back, this is what new clients wrote and down kept (lockstep journal --json names it ' +
    'at digest.kept): where it is right, write it to the old place too; where it is not, delete it in the new one'
  )
}

const noImages: Images = async () => new Map()

export interface Inspection {
  /** Documents of the old side that were read, and the writes their copies take. */
  readonly read: number
  readonly writes: number
  /** Pairs of neither of the next two kinds. */
  readonly pairs: number
  /** Pairs whose new place says the same already. */
  readonly existing: number
  /** Pairs with nothing in the old place, in the documents that were read. */
  readonly alone: number
  /** Bytes that the new places will take. */
  readonly bytes: number
  /** Bytes of what is written. */
  readonly sent: number
  readonly hot: readonly HotField[]
  /** By reason, the names of the documents that stand in the way: all are counted, the first are named. */
  readonly problems: Problems
}

/** Told of a document that stands in the way, and why. */
export type Note = (name: string, why: string) => void

/** Looks for what is in the way beyond what trying the copy finds. */
export type Inspect = (documents: DocumentReader, note: Note) => Promise<void>

export interface Inspecting {
  readonly most: number
  readonly inspect?: Inspect | undefined
  readonly settings: IndexSettings
  /** There is nothing in the new place: nobody has to look there. */
  readonly vacant: boolean
}

/** Tries the copy without writing, over all documents or the first `most`: what is in the way is found before a run. */
export async function inspectRelocation(
  relocation: Relocation,
  documents: DocumentReader,
  { most, inspect, settings, vacant }: Inspecting,
): Promise<Inspection> {
  const { problems, note } = createProblems()
  const hot = createHotFields()
  const sums = { read: 0, writes: 0, pairs: 0, existing: 0, alone: 0, bytes: 0, sent: 0 }
  // It is as a whole that a document becomes too large; one that only gives away does not.
  const grows = relocation.satellites === undefined
  const whole = grows ? { ...relocation, hosts: { ...relocation.hosts, fields: undefined } } : relocation
  for await (const { page, units } of unitPages(whole, documents, { most, images: noImages, presumes: vacant })) {
    for (const { where, problem } of unmovableIn(relocation, page)) note(where, problem)
    for (const unit of units) {
      sums.read += isHosted(relocation, 'from') ? 1 : foundSatellites(unit).length
      for (const pair of relocation.pairs(unit)) sums[inspectPair(unit, pair, note)]++
      for (const rule of relocation.lists ?? []) sums.existing += inspectList(unit, rule, note)
      for (const edit of editsOf(relocation, unit, 'carry', { add: note, tell: () => {} })) {
        sums.writes++
        const { name, fields } = resultOf(edit)
        sums.bytes += JSON.stringify(fields).length
        const written = edit.op === 'patch' ? fieldsWith({}, edit.changes) : fields
        hot.note(name, written)
        sums.sent += documentSize(name, written)
        const broken = brokenLimit(name, fields, settings)
        if (broken !== undefined) note(name, broken)
      }
    }
  }
  await inspect?.(documents, note)
  // What all documents say alike was so before, in the old place.
  return { ...sums, hot: hot.found().filter(({ values }) => values === 'rising values'), problems }
}

function* unmovableIn({ unmovable }: Relocation, page: readonly Document[]): Generator<Finding> {
  for (const document of page) {
    const problem = unmovable?.(document)
    if (problem !== undefined) yield { where: document.name, problem }
  }
}

/** What to count of it. */
function inspectPair(unit: PairUnit, pair: Pair, note: Note): 'alone' | 'existing' | 'pairs' {
  const { old, neu } = stateOf(unit, pair)
  if (neu === undefined) return 'pairs'
  if (old === undefined) return 'alone'
  if (agree(old, neu, pair.lens)) return 'existing'
  note(pair.to.name, taken)
  return 'pairs'
}

function inspectList(unit: PairUnit, rule: ListRule, note: Note): number {
  const value = valueAt(unit, { name: unit.key, path: rule.path })
  if (value === undefined) return 0
  const standing = rule.standing(value)
  if (standing.taken > 0) note(unit.key, taken)
  return standing.existing
}

/** Reads the old side whole, with the new side to it, and names each pair whose new place does not stand for the old. */
export async function* verifyRelocation(
  relocation: Relocation,
  documents: DocumentReader,
  { since, phase, images, signal, told, memo }: Omit<VerifyScope, 'level'>,
): Verification {
  let checked = 0
  const clients = { told: told ?? {}, noneAlone: isNoneAlone(memo) }
  for await (const { page, units } of unitPages(relocation, documents, { most: Infinity, images, signal, clients })) {
    checked += units.length
    yield* unmovableIn(
      relocation,
      page.filter(({ updateTime }) => since === undefined || updateTime <= since),
    )
    const judge = (unit: PairUnit): readonly Finding[] => [...findingsOf(relocation, unit, { since, phase })]
    // Both sides are read one after the other: what is not as it should be may have been changed or gone between.
    const suspects = units.filter((unit) => judge(unit).length > 0)
    const again = suspects.length === 0 ? [] : await reloadUnits(relocation, suspects, documents)
    for (const unit of again) yield* judge(unit)
  }
  return { checked, what: 'documents compared with their new place' }
}

function* findingsOf(
  relocation: Relocation,
  unit: PairUnit,
  { since, phase }: Pick<VerifyScope, 'since' | 'phase'>,
): Generator<Finding> {
  for (const pair of relocation.pairs(unit)) {
    if (!isExcused(unit, pair, since)) yield* findingOf(unit, pair, phase === 'contract' ? 'new' : 'old')
  }
  for (const rule of relocation.lists ?? []) {
    const place = { name: unit.key, path: rule.path }
    if (!isExcused(unit, { from: place, to: place }, since)) yield* findingsIn(unit.key, valueAt(unit, place), rule)
  }
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

function* findingOf(unit: PairUnit, pair: Pair, trusted: Trusted): Generator<Finding> {
  const outcome = carry(stateOf(unit, pair), pair.lens, trusted)
  const { from, to } = pair
  if (outcome.act === 'stuck') yield { where: from.name, problem: outcome.why }
  else if (outcome.act === 'write') yield { where: from.name, problem: `${to.name} does not have what is here` }
  else if (outcome.act === 'remove') yield { where: to.name, problem: `is gone from ${from.name}, but not from here` }
}

function* findingsIn(where: string, value: Value | undefined, { change }: ListRule): Generator<Finding> {
  if (value === undefined) return
  const stuck = new Set<string>()
  const carried = change(value, 'carry', (why) => stuck.add(why))
  for (const problem of stuck) yield { where, problem }
  if (!sameValue(carried, value)) yield { where, problem: 'a member of a list is not up to date' }
}

function stateOf(unit: PairUnit, pair: Pair): PairState {
  return { old: valueAt(unit, pair.from), neu: valueAt(unit, pair.to), ...knownOf(unit, pair, unit.clients) }
}

function valueAt({ documents }: PairUnit, { name, path }: Place): Value | undefined {
  const document = documents.get(name)
  return document === undefined ? undefined : fieldAt(document, path)
}

interface Reading {
  readonly most: number
  /** New documents are not read: there are none. */
  readonly presumes?: boolean
  readonly images: Images
  readonly clients?: Clients
  readonly signal?: AbortSignal
}

async function* unitPages(
  relocation: Relocation,
  documents: DocumentReader,
  { most, images, clients, presumes, signal }: Reading,
): AsyncGenerator<{ readonly page: readonly Document[]; readonly units: readonly PairUnit[] }> {
  const fields = projectionOf(relocation, 'from')
  const options = { ...(fields === undefined ? {} : { fields }), ...(signal === undefined ? {} : { signal }) }
  const found = documents.scan(scopeOf(relocation, 'from'), {}, options)
  const goesOn = createGathering(relocation)
  let page: Document[] = []
  let read = 0
  for await (const document of found) {
    if (!goesOn(document) && page.length >= pageSize) {
      yield { page, units: await unitsOfPage(relocation, 'from', page, { documents, images, clients, presumes }) }
      page = []
    }
    page.push(document)
    if (++read >= most) break
  }
  if (page.length > 0)
    yield { page, units: await unitsOfPage(relocation, 'from', page, { documents, images, clients, presumes }) }
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
