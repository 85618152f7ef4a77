import type { Clock } from '../kernel/clock.ts'
import { systemClock } from '../kernel/clock.ts'
import type { EmbeddingCall } from './call.ts'
import { createCallQueue } from './call-queue.ts'
import type { Placed } from './call-queue.ts'
import { isEmptyContent, normaliseContent } from './content.ts'
import { emptyText } from './embedder.ts'
import type { Embedder, EmbeddingModel, EmbeddingTerms } from './embedder.ts'
import { capsOf } from './packing.ts'
import type { EmbeddingPace } from './pace.ts'
import { createSender } from './sender.ts'
import type { CountTokens } from './tokenizer.ts'
import { loadTokenCounter } from './tokenizer.ts'

export interface CallingEmbedderOptions {
  readonly model: EmbeddingModel
  readonly terms: EmbeddingTerms
  readonly call: EmbeddingCall
  /** Left out: nothing but the number of calls at once is limited. */
  readonly pace?: EmbeddingPace | undefined
  /** Calls at once in this process. Default 8. */
  readonly callsAtOnce?: number | undefined
  /** Divide answers by their length. */
  readonly normalise?: boolean | undefined
  /** The provider counts tokens as the tokenizer does: texts that are too long are not sent. */
  readonly exactTokens?: boolean | undefined
  readonly clock?: Clock | undefined
}

/** Texts between two turns of other work. */
const slice = 256

/** Texts in as few calls as the caps allow, at the account's pace, each failure kept to the text that it is about. */
export function createCallingEmbedder(options: CallingEmbedderOptions): Embedder {
  const { model, terms, callsAtOnce = 8, clock = systemClock } = options
  const queue = createCallQueue({
    sender: createSender({ ...options, clock }),
    caps: capsOf(terms.limits),
    callsAtOnce,
    clock,
  })
  return {
    model,
    terms,
    async embed(texts, { signal, watch, leisure }) {
      const { sendable, refused } = await weigh(texts, options)
      const answers = await queue.ask(sendable, { signal, watch, leisure })
      return texts.map((_, place) => answers.get(place) ?? { failed: refused.get(place) ?? emptyText })
    },
  }
}

interface WeighedTexts {
  readonly sendable: readonly Placed[]
  /** Places of texts that are not sent, and why. */
  readonly refused: ReadonlyMap<number, string>
}

async function weigh(
  texts: readonly string[],
  { terms, exactTokens }: Pick<CallingEmbedderOptions, 'terms' | 'exactTokens'>,
): Promise<WeighedTexts> {
  const count = await loadTokenCounter()
  const most = exactTokens === true ? terms.limits.tokensPerItem : undefined
  const sendable: Placed[] = []
  const refused = new Map<number, string>()
  for (const [place, given] of texts.entries()) {
    if (place % slice === slice - 1) await new Promise(setImmediate)
    const text = normaliseContent(given)
    const weight = weightOf(text, count)
    if (isEmptyContent(text)) refused.set(place, emptyText)
    else if (most !== undefined && weight.real > most)
      refused.set(place, `the text has ${weight.real} tokens, the model takes ${most}`)
    else sendable.push({ text, place, tokens: weight.tokens, bytes: weight.bytes })
  }
  return { sendable, refused }
}

/** Providers cap a call by their own estimate, a quarter of the bytes, or by real tokens: the larger counts. */
function weightOf(
  text: string,
  count: CountTokens,
): { readonly real: number; readonly tokens: number; readonly bytes: number } {
  const bytes = Buffer.byteLength(text)
  const real = count(text)
  return { real, tokens: Math.max(real, Math.ceil(bytes / 4)), bytes }
}
