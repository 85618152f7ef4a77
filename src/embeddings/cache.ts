import type { Embedded, EmbeddingModel } from './embedder.ts'

/** Vectors by model and content hash, for all tables and runs. */
export interface EmbeddingCache {
  /** The vectors that are there, by hash. */
  read(model: EmbeddingModel, hashes: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>
  /** Of these hashes, those whose vectors are there. */
  known(model: EmbeddingModel, hashes: readonly string[]): Promise<ReadonlySet<string>>
  /** Durable when it resolves. */
  write(model: EmbeddingModel, vectors: ReadonlyMap<string, Float32Array>): Promise<void>
}

/** A text that has no vector, known by its hash alone. */
export interface DeadLetter {
  readonly hash: string
  readonly reason: string
  /** How often it was sent. */
  readonly tries: number
}

/** Texts that providers refused, by model: they are not sent again without end. */
export interface DeadLetters {
  read(model: EmbeddingModel, hashes: readonly string[]): Promise<ReadonlyMap<string, DeadLetter>>
  /** Counts one more try for each. */
  note(model: EmbeddingModel, reasons: ReadonlyMap<string, string>): Promise<void>
  /** They have a vector now. */
  forget(model: EmbeddingModel, hashes: readonly string[]): Promise<void>
}

/** What a run spent on embeddings, over all its processes and restarts. */
export interface EmbeddingBudget {
  /**
   * Counts tokens and dollars before they are spent; false, and nothing counted, where the dollars of the run would be above
   * `mostUsd`. A process that dies between this and `settle` leaves them counted: nobody knows whether they were spent.
   */
  reserve(spend: Spend, mostUsd: number | undefined): Promise<boolean>
  /** Replaces what was reserved by what was charged. */
  settle(reserved: Spend, charged: Spend): Promise<void>
}

export interface Spend {
  readonly tokens: number
  readonly usd: number
  readonly calls: number
}

/** One answer by its hash. */
export type Answers = ReadonlyMap<string, Embedded>
