import { hashContent, isEmptyContent, normaliseContent } from './content.ts'
import { emptyText } from './embedder.ts'
import type { EmbedOptions, Embedded, Embedder, EmbeddingTerms, Foreseen } from './embedder.ts'
import { capsOf, shareOfCall } from './packing.ts'
import { createPaidCalls } from './paid-calls.ts'
import type { PaidCallsOptions } from './paid-calls.ts'
import { createRecentVectors } from './recent-vectors.ts'
import type { RecentVectors } from './recent-vectors.ts'
import { createRounds } from './rounds.ts'
import type { Rounds } from './rounds.ts'

export interface CachingEmbedderOptions extends PaidCallsOptions {
  /** How often a refused text is sent before its reason is its answer. Default 3. */
  readonly mostTries?: number | undefined
}

/** Hashes looked up in one statement. */
const lookup = 1_000

/** Of vectors that were answered lately and are not read again: those that all workers foresee fit, or nearly. */
const recentBytes = 128_000_000

/**
 * Embeds each content once: equal texts of a call share one, as do those of all calls of the process that are on their way;
 * what the cache has is not sent, and what is answered is in the cache before anybody hears of it. Every call is counted before it is
 * made; throws LS-4009 before the one that would cross `maxUsd`.
 */
export function createCachingEmbedder(options: CachingEmbedderOptions): Embedder {
  const { embedder } = options
  const { model, terms } = embedder
  const paid = createPaidCalls(options)
  const recent = createRecentVectors(recentBytes)

  /** What is not known is sent; answers are kept call by call. */
  const rounds = createRounds(async (texts, { signal, leisure }) => {
    const hashes = [...texts.keys()]
    const { answers, tried } = await readKnown(options, hashes)
    const missing = hashes.filter((hash) => !answers.has(hash))
    const sent = missing.map((hash) => texts.get(hash) ?? '')
    if (missing.length === 0) return answers
    paid.retry(tried)
    const given = await embedder.embed(sent, { signal, leisure, watch: paid.watch })
    await paid.keepRest(sent, given)
    for (const [at, answer] of given.entries()) {
      const hash = missing[at] ?? ''
      answers.set(hash, answer)
      if ('vector' in answer) recent.keep(hash, answer.vector)
    }
    return answers
  })

  return {
    model,
    ...(terms === undefined ? {} : { terms }),
    embed: (texts, given) => embedOnce({ recent, rounds }, texts, given),
    foresee: (texts, given) => foreseeOnce(options, { recent, rounds }, texts, given),
  }
}

interface Answering {
  readonly recent: RecentVectors
  readonly rounds: Rounds
}

async function embedOnce(
  { recent, rounds }: Answering,
  texts: readonly string[],
  { signal, leisure }: EmbedOptions,
): Promise<readonly Embedded[]> {
  const { hashes, contents } = hashAll(texts)
  const answers = new Map<string, Embedded>()
  for (const hash of contents.keys()) {
    const vector = recent.get(hash)
    if (vector !== undefined) answers.set(hash, { vector })
  }
  for (const hash of answers.keys()) contents.delete(hash)
  const asked = await rounds.ask(contents, { signal, leisure })
  return hashes.map((hash) => answers.get(hash) ?? asked.get(hash) ?? { failed: emptyText })
}

async function foreseeOnce(
  options: CachingEmbedderOptions,
  { recent, rounds }: Answering,
  texts: readonly string[],
  given: { readonly signal: AbortSignal; readonly leisure: AbortSignal },
): Promise<Foreseen> {
  const { contents } = hashAll(texts)
  const unseen = [...contents.keys()].filter((hash) => recent.get(hash) === undefined)
  const known = await readKnownHashes(options, unseen)
  const fresh = new Map(unseen.flatMap((hash) => (known.has(hash) ? [] : [[hash, contents.get(hash) ?? '']])))
  const over = (): void => undefined
  return {
    fresh: fresh.size,
    share: shareOf([...fresh.values()], options.embedder.terms),
    done: rounds.ask(fresh, given).then(over, over),
  }
}

interface HashedTexts {
  /** One a text, empty where it has no content. */
  readonly hashes: readonly string[]
  /** Each content once, by its hash. */
  readonly contents: Map<string, string>
}

function hashAll(texts: readonly string[]): HashedTexts {
  const contents = new Map<string, string>()
  const hashes = texts.map((text) => {
    const content = normaliseContent(text)
    if (isEmptyContent(content)) return ''
    const hash = hashContent(content)
    contents.set(hash, content)
    return hash
  })
  return { hashes, contents }
}

/** By count, and by bytes as providers guess the tokens. */
function shareOf(texts: readonly string[], terms: EmbeddingTerms | undefined): number {
  if (terms === undefined) return 0
  const weighed = texts.map((text) => {
    const bytes = Buffer.byteLength(text)
    return { tokens: bytes / 4, bytes }
  })
  return shareOfCall(weighed, capsOf(terms.limits))
}

async function readKnownHashes(
  { embedder: { model }, cache }: CachingEmbedderOptions,
  hashes: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (let at = 0; at < hashes.length; at += lookup)
    for (const hash of await cache.known(model, hashes.slice(at, at + lookup))) known.add(hash)
  return known
}

interface Known {
  readonly answers: Map<string, Embedded>
  /** Dead letters that are sent once more. */
  readonly tried: ReadonlySet<string>
}

/** What the cache and the dead letters say. */
async function readKnown(
  { embedder: { model }, cache, deadLetters, mostTries = 3 }: CachingEmbedderOptions,
  hashes: readonly string[],
): Promise<Known> {
  const answers = new Map<string, Embedded>()
  const tried = new Set<string>()
  for (let at = 0; at < hashes.length; at += lookup) {
    const some = hashes.slice(at, at + lookup)
    for (const [hash, vector] of await cache.read(model, some)) answers.set(hash, { vector })
    const missing = some.filter((hash) => !answers.has(hash))
    if (missing.length === 0) continue
    for (const [hash, { reason, tries }] of await deadLetters.read(model, missing)) {
      if (tries >= mostTries) answers.set(hash, { failed: reason })
      else tried.add(hash)
    }
  }
  return { answers, tried }
}
