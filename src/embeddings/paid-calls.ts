import { LockstepError } from '../kernel/errors.ts'
import { hashContent } from './content.ts'
import type { DeadLetters, EmbeddingBudget, EmbeddingCache, Spend } from './cache.ts'
import type { CallWatch, Embedded, Embedder } from './embedder.ts'

export interface PaidCallsOptions {
  readonly embedder: Embedder
  readonly cache: EmbeddingCache
  readonly deadLetters: DeadLetters
  readonly budget: EmbeddingBudget
  /** Dollars that the run may spend in all; refused with LS-1008 where the price is not known. */
  readonly maxUsd?: number | undefined
}

/** Calls are counted before they are made, and their answers kept as soon as they are there. */
export interface PaidCalls {
  readonly watch: CallWatch
  /** Keeps what no call told of: an embedder may tell of none, and some answers need no call. */
  keepRest(texts: readonly string[], answers: readonly Embedded[]): Promise<void>
  /** These are dead letters that are sent once more. */
  retry(hashes: Iterable<string>): void
}

/** The watch throws LS-4009 before a call that would cross `maxUsd`. */
export function createPaidCalls(options: PaidCallsOptions): PaidCalls {
  const { embedder, budget, maxUsd } = options
  const price = priceOf(embedder, maxUsd)
  const spendOf = (tokens: number): Spend => ({ tokens, usd: (tokens * price) / 1_000_000, calls: 1 })
  /** Hashes whose answer is kept, and which nobody was told of yet. */
  const kept = new Set<string>()
  const tried = new Set<string>()
  return {
    watch: {
      async reserve(tokens) {
        const reserved = spendOf(tokens)
        if (!(await budget.reserve(reserved, maxUsd))) throw crossed(embedder, maxUsd ?? 0)
        return (charged) => budget.settle(reserved, spendOf(charged))
      },
      async answered(texts, answers) {
        const hashes = texts.map(hashContent)
        await keepAnswers(options, pair(hashes, answers), tried)
        for (const hash of hashes) kept.add(hash)
      },
    },
    async keepRest(texts, answers) {
      const all = pair(texts.map(hashContent), answers)
      // Each is taken out: what is told of once is kept once.
      const rest = all.filter(([hash]) => !kept.delete(hash))
      await keepAnswers(options, rest, tried)
    },
    retry(hashes) {
      for (const hash of hashes) tried.add(hash)
    },
  }
}

function pair(hashes: readonly string[], answers: readonly Embedded[]): readonly (readonly [string, Embedded])[] {
  return answers.map((answer, at) => [hashes[at] ?? '', answer])
}

async function keepAnswers(
  { embedder: { model }, cache, deadLetters }: PaidCallsOptions,
  answers: readonly (readonly [string, Embedded])[],
  tried: Set<string>,
): Promise<void> {
  const vectors = new Map<string, Float32Array>()
  const reasons = new Map<string, string>()
  for (const [hash, answer] of answers) {
    if ('vector' in answer) vectors.set(hash, answer.vector)
    else reasons.set(hash, answer.failed)
  }
  if (vectors.size > 0) await cache.write(model, vectors)
  if (reasons.size > 0) await deadLetters.note(model, reasons)
  const mended = [...vectors.keys()].filter((hash) => tried.delete(hash))
  if (mended.length > 0) await deadLetters.forget(model, mended)
}

function priceOf({ model, terms }: Embedder, maxUsd: number | undefined): number {
  if (terms === undefined) return 0
  if (terms.usdPerMillionTokens === undefined && maxUsd !== undefined) {
    throw new LockstepError(
      'LS-1008',
      `the price of ${model.provider} ${model.model} is not known, so no limit in dollars can be kept`,
      {
        hint: 'set price of the embedder in lockstep.config.ts, in dollars for a million tokens; 0 where it is free',
      },
    )
  }
  return terms.usdPerMillionTokens ?? 0
}

function crossed({ model }: Embedder, maxUsd: number): LockstepError {
  return new LockstepError(
    'LS-4009',
    `the next call to ${model.provider} ${model.model} could cross the limit of $${maxUsd}`,
    {
      hint: 'run the command again with a higher --max-usd: what was paid for is kept',
    },
  )
}
