import type { Clock } from '../kernel/clock.ts'
import { createCachingEmbedder } from '../embeddings/caching-embedder.ts'
import type { EmbeddersConfig } from '../embeddings/embedder-config.ts'
import type { Embedder } from '../embeddings/embedder.ts'
import { loadEmbedder } from '../embeddings/load-embedder.ts'
import type { TableWriter } from '../stores/tables.ts'
import { createLedgerBudget, createLedgerKeeper } from './embedding-budget.ts'
import { createLedgerCache, createLedgerDeadLetters } from './embedding-cache.ts'

export interface RunEmbedderOptions {
  readonly tables: TableWriter
  readonly embedders: EmbeddersConfig | undefined
  readonly env: NodeJS.ProcessEnv
  /** The run whose spending is counted and limited. */
  readonly run: string
  /** Dollars that the run may spend on embeddings in all, by all its embedders. */
  readonly maxUsd?: number | undefined
  readonly clock?: Clock | undefined
  /** Asks the model even for what the cache has: to look whether that is still what it answers. */
  readonly anew?: boolean | undefined
}

/**
 * A configured embedder as a run uses it: paced by the ledger, cached for all runs, counted and limited for this one. The local one
 * costs nothing and is given as it is. Throws LS-1008 as `loadEmbedder` does. One for each name and process, so that calls are shared.
 */
export function openRunEmbedder(options: RunEmbedderOptions, name: string): Embedder {
  const { tables, embedders, env, run, maxUsd, clock, anew } = options
  const keeperFor = (account: string): ReturnType<typeof createLedgerKeeper> => createLedgerKeeper(tables, account)
  const embedder = loadEmbedder(embedders, name, { env, keeperFor, clock })
  if (embedder.model.provider === 'local') return embedder
  const cache = createLedgerCache(tables)
  return createCachingEmbedder({
    embedder,
    cache: anew === true ? { ...cache, read: async () => new Map(), known: async () => new Set() } : cache,
    deadLetters: createLedgerDeadLetters(tables),
    budget: createLedgerBudget(tables, run),
    maxUsd,
  })
}
