import type { Json } from '../kernel/canonical-json.ts'
import type { Document } from '../stores/documents.ts'
import type { DocumentImage } from './document-hands.ts'
import type { Told } from './told.ts'
import { fieldAt } from './field-path.ts'
import { imagesOf, rememberedOf } from './pair-memory.ts'
import type { Pair, PairState } from './pair-rules.ts'

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
  {
    documents,
    images,
  }: { readonly documents: ReadonlyMap<string, Document>; readonly images: readonly DocumentImage[] },
  pair: Pair,
  clients: Clients | undefined,
): Omit<PairState, 'old' | 'neu'> {
  const remembered = rememberedOf(images, pair)
  if (clients === undefined) return remembered
  const { told } = clients
  const [old, neu] = [documents.get(pair.from.name), documents.get(pair.to.name)]
  if (neu === undefined) return { ...remembered, ...knownOfNone(remembered, old, told) }
  const { base, removed } = remembered
  const last = isOfBoth(neu, told) ? 'both' : isOfNew({ old, neu, removed }, pair, told) ? 'new' : undefined
  const isBorn = base !== undefined || clients.noneAlone || isOfWindow(neu, pair, told)
  return {
    ...remembered,
    last,
    hadOld: last === 'both' && isBorn && pair.gaps !== true,
    stood: fieldAt(neu, pair.to.path) !== undefined && isNoNews({ old, neu, images, last }, pair, told),
    unsure: base === undefined && removed === undefined && isOfSoak(neu, told),
  }
}

/** Where there is no new document, which would have times. */
function knownOfNone(
  { base }: Pick<PairState, 'base'>,
  old: Document | undefined,
  told: Told,
): Pick<PairState, 'last' | 'stood'> {
  if (told.backfill !== undefined && endOfBoth(told) === undefined) return { last: 'both' }
  // What we emptied ourselves we did on the way back, or it was born again since: then nobody can tell.
  const isOurs = base !== undefined && base.value === undefined
  return { stood: !isOurs && isSwept(old, told) }
}

/** A sweep has seen it as it is, and would have filled an empty new place. */
function isSwept(old: Document | undefined, { swept, cutover }: Told): boolean {
  return old !== undefined && swept !== undefined && cutover !== undefined && old.updateTime < swept
}

interface Written {
  readonly old: Document | undefined
  readonly neu: Document
  readonly images: readonly DocumentImage[]
}

/** What the old place says is known to the new one, or has been overtaken there. */
function isNoNews({ last, ...written }: Written & Pick<PairState, 'last'>, pair: Pair, told: Told): boolean {
  return (
    isSwept(written.old, told) ||
    isSettled(written, pair, told) ||
    (last === 'new' && isNewest(written.neu, pair, told))
  )
}

/**
 * From contract on a newer document in the new place is taken as a whole: a field of it that is back at what we wrote
 * once is no sign that nobody wrote it.
 */
function isNewest({ updateTime }: Document, { from, to }: Pair, { contract }: Told): boolean {
  return from.name !== to.name && contract !== undefined && updateTime > contract
}

/**
 * A part of a document has no time of its own. From contract on clients write the rest of that document and the new
 * place, in whatever order: what the new place got since is taken for the last word, unless we wrote there too, or old
 * clients are on their way back.
 */
function isSettled({ old, neu, images }: Written, { from, to }: Pair, { contract, rollingBack }: Told): boolean {
  if (old === undefined || from.path.length === 0 || from.name === to.name || contract === undefined) return false
  const isOurs = imagesOf(images, to.name).some(([, { phase }]) => phase === 'contract')
  const isBack = rollingBack !== undefined && old.updateTime > rollingBack
  return neu.updateTime > contract && old.updateTime > neu.updateTime && !isOurs && !isBack
}

/**
 * Until when clients write both places in one write: until contract where the configuration promises it, else until
 * the cutover, before which nobody has a use for the new place alone. Undefined while they still do.
 */
function endOfBoth({ writeBoth, cutover, contract }: Told): string | undefined {
  return writeBoth === true ? contract : (cutover ?? contract)
}

function isOfBoth({ updateTime }: Document, told: Told): boolean {
  const end = endOfBoth(told)
  const isBegun = told.backfill !== undefined && updateTime > told.backfill
  return isBegun && (end === undefined || updateTime < end)
}

/** Between the cutover and the last look of `complete`, where nothing is promised: a time in which we write nothing. */
function isOfSoak({ updateTime }: Document, told: Told): boolean {
  const { writeBoth, cutover, completing, contract } = told
  const end = completing ?? contract
  return writeBoth !== true && cutover !== undefined && updateTime > cutover && (end === undefined || updateTime < end)
}

interface Versions extends Pick<PairState, 'removed'> {
  readonly old: Document | undefined
  readonly neu: Document
}

/**
 * Between two documents the newer tells, where we write nothing to the new place, or only what the old one says at
 * that moment. In one document it is taken so from contract on, until we emptied the old place: what came there then
 * came later.
 */
function isOfNew({ old, neu, removed }: Versions, { from, to }: Pair, told: Told): boolean {
  const { contract, rollingBack } = told
  const isLate = contract !== undefined && neu.updateTime > contract
  if (from.name === to.name)
    return isLate && removed === undefined && (rollingBack === undefined || neu.updateTime < rollingBack)
  const isLater = old === undefined || old.updateTime < neu.updateTime
  // Of a part of a document its time says little: whoever wrote another part left it as it was.
  return isLater && (isLate || (to.path.length === 0 && isOfSoak(neu, told)))
}

/** What is in the new place was not there before the backfill: it is the document as a whole, or in one born since. */
function isOfWindow({ createTime }: Document, { to }: Pair, { backfill }: Told): boolean {
  return to.path.length === 0 || (backfill !== undefined && createTime > backfill)
}
