import { hashContent, isEmptyContent, normaliseContent } from './content.ts'
import { emptyText } from './embedder.ts'
import type { Embedded, Embedder } from './embedder.ts'
import { createPaidCalls } from './paid-calls.ts'
import type { PaidCallsOptions } from './paid-calls.ts'
import { createRounds } from './rounds.ts'

export interface CachingEmbedderOptions extends PaidCallsOptions {
  /** How often a refused text is sent before its reason is its answer. Default 3. */
  readonly mostTries?: number | undefined
}

/** Hashes looked up in one statement. */
const lookup = 1_000

/**
 * Embeds each content once: equal texts of a call share one, as do those of all calls of the process that are on their way;
 * what the cache has is not sent, and what is answered is in the cache before anybody hears of it. Every call is counted before it is
 * made; throws LS-4009 before the one that would cross `maxUsd`.
 */
export function createCachingEmbedder(options: CachingEmbedderOptions): Embedder {
  const { embedder } = options
  const { model, terms } = embedder
  const paid = createPaidCalls(options)

  /** What is not known is sent; answers are kept call by call. */
  const rounds = createRounds(async (texts, signal) => {
    const hashes = [...texts.keys()]
    const { answers, tried } = await readKnown(options, hashes)
    const missing = hashes.filter((hash) => !answers.has(hash))
    const sent = missing.map((hash) => texts.get(hash) ?? '')
    if (missing.length === 0) return answers
    paid.retry(tried)
    const given = await embedder.embed(sent, { signal, watch: paid.watch })
    await paid.keepRest(sent, given)
    for (const [at, answer] of given.entries()) answers.set(missing[at] ?? '', answer)
    return answers
  })

  return {
    model,
    ...(terms === undefined ? {} : { terms }),
    async embed(texts, { signal }) {
      const wanted = new Map<string, string>()
      const hashes = texts.map((text) => {
        const content = normaliseContent(text)
        if (isEmptyContent(content)) return ''
        const hash = hashContent(content)
        wanted.set(hash, content)
        return hash
      })
      const answers = await rounds.ask(wanted, signal)
      return hashes.map((hash) => answers.get(hash) ?? { failed: emptyText })
    },
  }
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
