import { LockstepError } from '../kernel/errors.ts'
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

/** Texts by their places: their hashes, and which of them are dead letters that are tried again. */
export interface Asked {
  readonly hashes: readonly string[]
  readonly tried: ReadonlySet<string>
}

/** One round of calls: each is counted before it is made, and its answers are kept as soon as they are there. */
export interface PaidCalls {
  readonly watch: CallWatch
  /** Keeps what no call told of: an embedder may tell of none, and some answers need no call. */
  keepRest(answers: readonly Embedded[]): Promise<void>
}

/** Prepares rounds of calls that are counted and kept. The watch throws LS-4009 before a call that would cross `maxUsd`. */
export function createPaidCalls(options: PaidCallsOptions): (asked: Asked) => PaidCalls {
  const { embedder, budget, maxUsd } = options
  const price = priceOf(embedder, maxUsd)
  const spendOf = (tokens: number): Spend => ({ tokens, usd: (tokens * price) / 1_000_000, calls: 1 })
  return ({ hashes, tried }) => {
    const kept = new Set<number>()
    const keep = async (places: readonly number[], answers: readonly Embedded[]): Promise<void> => {
      const byHash = places.map((place, at): [string, Embedded | undefined] => [hashes[place] ?? '', answers[at]])
      await keepAnswers(options, byHash, tried)
      for (const place of places) kept.add(place)
    }
    return {
      watch: {
        async reserve(tokens) {
          const reserved = spendOf(tokens)
          if (!(await budget.reserve(reserved, maxUsd))) throw crossed(embedder, maxUsd ?? 0)
          return (charged) => budget.settle(reserved, spendOf(charged))
        },
        answered: keep,
      },
      async keepRest(answers) {
        const rest = [...answers.keys()].filter((place) => !kept.has(place))
        await keep(
          rest,
          rest.flatMap((place) => answers[place] ?? []),
        )
      },
    }
  }
}

async function keepAnswers(
  { embedder: { model }, cache, deadLetters }: PaidCallsOptions,
  answers: readonly (readonly [string, Embedded | undefined])[],
  tried: ReadonlySet<string>,
): Promise<void> {
  const vectors = new Map<string, Float32Array>()
  const reasons = new Map<string, string>()
  for (const [hash, answer] of answers) {
    if (answer === undefined) continue
    if ('vector' in answer) vectors.set(hash, answer.vector)
    else reasons.set(hash, answer.failed)
  }
  if (vectors.size > 0) await cache.write(model, vectors)
  if (reasons.size > 0) await deadLetters.note(model, reasons)
  const mended = [...vectors.keys()].filter((hash) => tried.has(hash))
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
