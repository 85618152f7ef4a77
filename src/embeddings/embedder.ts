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

export interface Embedder {
  readonly model: EmbeddingModel
  /** One answer a text, in the order given. Throws LockstepError for what is not one item's fault. */
  embed(texts: readonly string[], options: { readonly signal?: AbortSignal }): Promise<readonly Embedded[]>
}

/** Why a text without content has no vector: it is never sent. */
export const emptyText = 'the text is empty'

/** A model with its key; `task` is left out where there is none. */
export function defineModel(model: Omit<EmbeddingModel, 'key'>): EmbeddingModel {
  const { provider, model: name, dimensions, task } = model
  return { ...model, key: canonicalJson({ provider, model: name, dimensions, task, normaliser: normaliserVersion }) }
}
