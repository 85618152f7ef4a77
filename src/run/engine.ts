/** What runs a shard. The signal is aborted when the shard was taken away or the engine closes: stop at the next page. */
export type ShardHandler = (shard: string, signal: AbortSignal) => Promise<void>

export interface EngineStats {
  /** Shards waiting for a worker, those waiting for another attempt included. */
  readonly queued: number
  /** Shards some worker holds, dead ones included until they are taken over. */
  readonly active: number
}

/**
 * The port to the job engine: who works on which shard, when, and again after a failure. It only schedules. The truth is
 * the ledger (state, epoch and lease of a shard): a shard may be handed out twice or to two workers at once, and the
 * ledger refuses the second. Shards are coordinates, never data. Every verb is level-triggered: it brings about a state
 * and may be repeated at any time.
 */
export interface Engine {
  /** Each of these shards is queued or running afterwards; one that already is stays as it is. */
  enqueue(shards: readonly string[]): Promise<void>
  /**
   * Starts `concurrency` workers in this process, once, and returns; they take shards until `close`. A handler that
   * resolves has done its shard; one that rejects gets it again later, for ever: giving up is the caller's decision, by
   * resolving. Losing the connection is retried and reported as a warning, never thrown.
   */
  work(concurrency: number, handler: ShardHandler): Promise<void>
  /**
   * Hands these shards out again at once, whoever had them, known to the engine or not. For owners whose lease in the
   * ledger ran out; one that lives after all has its signal aborted at its next heartbeat.
   */
  recover(shards: readonly string[]): Promise<void>
  /** Nothing of this queue is handed out until the next `enqueue`; running handlers get their signals aborted. */
  cancel(): Promise<void>
  stats(): Promise<EngineStats>
  /** Forgets what is neither queued nor running. */
  clear(): Promise<void>
  /**
   * Takes no more shards, lets handlers end for `drainMs`, then aborts their signals and waits a little longer. What did
   * not end is handed to other workers at once. Leaves the connection open.
   */
  close(drainMs: number): Promise<void>
}
