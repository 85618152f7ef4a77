import type { Json } from '../kernel/canonical-json.ts'
import type { Document } from '../stores/documents.ts'
import type { DocumentImage } from './document-hands.ts'
import type { Told } from './operation.ts'
import { rememberedOf } from './pair-rules.ts'
import type { Hand, Pair, PairState } from './pair-rules.ts'

/** What is known of clients, beyond what their writes say. */
export interface Clients {
  readonly told: Told
  /** The plan has looked at everything, and no new place held anything without its old one. */
  readonly noneAlone: boolean
}

/** What the plan keeps of it, and what of that comes back from the ledger. */
export const noneAlone: Json = Object.freeze({ alone: 0 })

export function isNoneAlone(memo: Json): boolean {
  return typeof memo === 'object' && memo !== null && 'alone' in memo && memo.alone === 0
}

/** What times and the pre-images tell of a pair. Without clients it is the pre-images alone. */
export function knownOf(
  { documents, images }: { readonly documents: ReadonlyMap<string, Document>; readonly images: readonly DocumentImage[] },
  pair: Pair,
  clients: Clients | undefined,
): Omit<PairState, 'old' | 'neu'> {
  const remembered = rememberedOf(images, pair)
  const { from, to, gaps } = pair
  const neu = documents.get(to.name)
  if (clients === undefined) return remembered
  const { told, noneAlone: isAlone } = clients
  const together = from.name === to.name
  const last =
    neu === undefined
      ? handOfNone(told)
      : (bothHands(neu, told) ?? (together ? newHandWithin(neu, told) : newHand(neu, documents.get(from.name), told)))
  const begun = remembered.base !== undefined || isAlone || (neu !== undefined && isOfWindow(neu, pair, told))
  const hadOld = last === 'both' && begun && gaps !== true
  const isUntouched = remembered.base === undefined && remembered.removed === undefined
  const old = documents.get(from.name)
  // What we emptied ourselves we did on the way back, or it was born again since: then nobody can tell.
  const isOurs = remembered.base !== undefined && remembered.base.value === undefined
  const stood = neu === undefined && last === undefined && !isOurs && isSwept(old, told)
  return { ...remembered, last, hadOld, stood, unsure: isUntouched && neu !== undefined && isOfSoak(neu, told) }
}

/** A sweep has seen it as it is, and would have filled an empty new place. */
function isSwept(old: Document | undefined, { swept, cutover }: Told): boolean {
  return old !== undefined && swept !== undefined && cutover !== undefined && old.updateTime < swept
}

/**
 * Until when clients write both places in one write: until contract where the configuration promises it, else until
 * the cutover, before which nobody has a use for the new place alone. Undefined while they still do.
 */
function endOfBoth({ writeBoth, cutover, contract }: Told): string | undefined {
  return writeBoth === true ? contract : (cutover ?? contract)
}

function handOfNone(told: Told): Hand | undefined {
  return told.backfill !== undefined && endOfBoth(told) === undefined ? 'both' : undefined
}

function bothHands({ updateTime }: Document, told: Told): Hand | undefined {
  const end = endOfBoth(told)
  const isBegun = told.backfill !== undefined && updateTime > told.backfill
  return isBegun && (end === undefined || updateTime < end) ? 'both' : undefined
}

/** Between the cutover and the last look of `complete`, where nothing is promised: a time in which we write nothing. */
function isOfSoak({ updateTime }: Document, told: Told): boolean {
  const { writeBoth, cutover, completing, contract } = told
  const end = completing ?? contract
  return writeBoth !== true && cutover !== undefined && updateTime > cutover && (end === undefined || updateTime < end)
}

/**
 * The document is newer than that of the old place, at a time at which we write nothing, or (from contract on) only
 * what the old one says at that moment.
 */
function newHand(neu: Document, old: Document | undefined, told: Told): Hand | undefined {
  const isLate = told.contract !== undefined && neu.updateTime > told.contract
  const isLater = old === undefined || old.updateTime < neu.updateTime
  return isLater && (isLate || isOfSoak(neu, told)) ? 'new' : undefined
}

/** In one document, times tell on the way back alone: that it was written after contract and before clients went back. */
function newHandWithin({ updateTime }: Document, { contract, rollingBack }: Told): Hand | undefined {
  const isOfContract = contract !== undefined && updateTime > contract
  return isOfContract && rollingBack !== undefined && updateTime < rollingBack ? 'new' : undefined
}

/** What is in the new place was not there before the backfill: it is the document as a whole, or in one born since. */
function isOfWindow({ createTime }: Document, { to }: Pair, { backfill }: Told): boolean {
  return to.path.length === 0 || (backfill !== undefined && createTime > backfill)
}
