import { canonicalJson } from '../kernel/canonical-json.ts'
import { normaliserVersion } from './content.ts'

/** What decides the vector of a text. Vectors of two models are comparable only where their keys are equal. */
export interface EmbeddingModel {
  /** `openai`, `local`, … */
  readonly provider: string
  /** `text-embedding-3-large` */
  readonly model: string
  readonly dimensions: number
  /** The task or prefix that stored texts are embedded for, where the model knows any. */
  readonly task?: string
  /** Answers have length 1. */
  readonly normalised: boolean
  /** Canonical text of provider, model, dimensions, task and version of the normaliser: the key of the cache. */
  readonly key: string
}

/** The vector of a text, or why it has none; the reason never holds the text. */
export type Embedded = { readonly vector: Float32Array } | { readonly failed: string }

/** The caps of a provider on one call and on one account; what is left out is not limited. */
export interface EmbeddingLimits {
  readonly itemsPerCall: number
  /** Of all texts of a call together. */
  readonly tokensPerCall: number
  readonly tokensPerItem?: number | undefined
  /** Bytes of the texts of a call, as UTF-8. */
  readonly bytesPerCall?: number | undefined
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

/** What calls to a provider cost, and what they may not exceed. */
export interface EmbeddingTerms {
  readonly limits: EmbeddingLimits
  /** Dollars for a million tokens; undefined where nobody knows. */
  readonly usdPerMillionTokens: number | undefined
  /** The day the price was last looked at, where it is not the user's own. */
  readonly pricedOn?: string | undefined
}

/** What is told of each single call while texts are embedded, so that nothing that was paid for is lost or uncounted. */
export interface CallWatch {
  /**
   * Before a call that may be charged with so many tokens; throws where it must not be made. Resolves to what takes
   * the tokens that were charged in the end.
   */
  reserve(tokens: number): Promise<(charged: number) => Promise<void>>
  /** As soon as some texts, normalised, have their answers. Awaited. */
  answered(texts: readonly string[], answers: readonly Embedded[]): Promise<void>
}

export interface EmbedOptions {
  /** Aborted: what is not sent yet is not sent; calls on their way are waited for, because they are paid for. */
  readonly signal?: AbortSignal
  /** The same for all who ask one embedder: their texts share calls. */
  readonly watch?: CallWatch
  /** Nobody needs the answers before it aborts: until then only calls that are full are sent. */
  readonly leisure?: AbortSignal
}

/** Texts that will be asked for, and are on their way by then. */
export interface Foreseen {
  /** Those that nobody had answered when they were foreseen. */
  readonly fresh: number
  /** How much of a call these fill, about. */
  readonly share: number
  /** Resolves when all of them are answered, or failed to be: then whoever asks for them is told. */
  readonly done: Promise<void>
}

export interface Embedder {
  readonly model: EmbeddingModel
  /** Left out by embedders that cost nothing and know no limits. */
  readonly terms?: EmbeddingTerms
  /** One answer a text, in the order given. Throws LockstepError for what is not one item's fault. */
  embed(texts: readonly string[], options: EmbedOptions): Promise<readonly Embedded[]>
  /**
   * For whoever knows what is asked for next: calls are shared by what is needed now and what is needed soon. Left out where nothing is
   * gained by it.
   */
  foresee?(
    texts: readonly string[],
    options: { readonly signal: AbortSignal; readonly leisure: AbortSignal },
  ): Promise<Foreseen>
}

/** Why a text without content has no vector: it is never sent. */
export const emptyText = 'the text is empty'

/** A model with its key; `task` is left out where there is none. */
export function defineModel(model: Omit<EmbeddingModel, 'key'>): EmbeddingModel {
  const { provider, model: name, dimensions, task } = model
  return { ...model, key: canonicalJson({ provider, model: name, dimensions, task, normaliser: normaliserVersion }) }
}
