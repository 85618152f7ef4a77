import type { Clock } from '../kernel/clock.ts'
import type { Json } from '../kernel/canonical-json.ts'
import type { LockstepError } from '../kernel/errors.ts'
import type { Embedder } from '../embeddings/embedder.ts'
import type { Listener, RunEvent } from '../ledger/events.ts'
import type { RunChange } from '../ledger/runs.ts'
import type { FullLook } from '../operations/index-operation.ts'
import type { Operation } from '../operations/operation.ts'
import type { DocumentWriter } from '../stores/documents.ts'
import type { IndexWriter } from '../stores/indexes.ts'
import type { SupabaseHistory } from '../stores/supabase-history.ts'
import type { TableWriter } from '../stores/tables.ts'
import type { Engine } from './engine.ts'

export interface RunStep {
  readonly operation: Operation<unknown>
  readonly spec: unknown
  readonly memo: Json
}

/** What the executor needs to know of the world: ports, never adapters. */
export interface Rooms {
  readonly documents: DocumentWriter
  readonly tables: TableWriter
  readonly indexes: IndexWriter
  readonly clock: Clock
  /**
   * A fresh look: what it read once it does not read again. With `afresh` what looks before have seen of tables is
   * forgotten: there is more to do than they had found.
   */
  look(afresh?: boolean): FullLook
  createEngine(queue: string, onWarning: (message: string) => void): Promise<Engine>
  /** The configured embedder of this name, with its cache and limits. Throws LS-1008 where there is none. */
  embedder(name: string): Promise<Embedder>
  /** Writes a second to Firestore at most; undefined does not limit. */
  readonly mostWrites: number | undefined
  /** The configuration's promise that clients of the new shape write both places until contract. */
  readonly writeBoth: boolean
  /** How long `complete` waits for clients to hear of the contract phase. */
  readonly graceSeconds: number
  readonly concurrency: number
  readonly actor: string
  readonly listener: Listener
  /** Kept in step with this run, where the project has one beside Lockstep's own. */
  readonly history: SupabaseHistory | undefined
}

/** One run being worked on by this process. */
export interface RunContext extends Rooms {
  readonly run: string
  readonly migration: string
  readonly owner: string
  readonly steps: readonly RunStep[]
  /** Aborted with the reason (a LockstepError) when the run is to pause: pages end, checkpoints are saved. */
  readonly pausing: AbortSignal
  /** Pauses it: for what the run itself cannot mend, and what `up` goes on after. */
  pause(reason: LockstepError): void
  /** Shown at once, kept with the next ledger write or flush. */
  emit(event: RunEvent): void
  /** Appends the events so far and changes the run, in one transaction. Throws LS-4003 when the run is not ours. */
  flush(change?: RunChange): Promise<void>
}
