import type { Json } from '../kernel/canonical-json.ts'
import type { IndexReader, IndexWriter } from '../stores/indexes.ts'
import type {
  Checkpoint,
  Look,
  OperationBase,
  PreImage,
  ShardPlan,
  StepPlan,
  Verification,
  VerifyScope,
  Work,
  WorkPhase,
} from './operation.ts'

/** What whoever calls an operation has to offer: few look at index definitions. */
export interface FullLook extends Look {
  readonly indexes: IndexReader
}

/** What a change on the server is, and what was there before. */
export interface ServerChange {
  readonly image: PreImage
  /** Safe to repeat. False where someone else had done it already, so that it is not ours to take back. */
  readonly work: (indexes: IndexWriter) => Promise<boolean>
}

/** The writing hand for index definitions: the pre-image first, the file as a whole or not at all. */
export interface IndexHands {
  readonly indexes: IndexReader
  /** Writes what `edit` makes of the file, again when others wrote meanwhile. False where that is what it was. */
  changeFile(edit: (text: string | undefined) => string | undefined): Promise<boolean>
  /** False where there was nothing to do any more. */
  changeServer(change: ServerChange): Promise<boolean>
  /** The migration of another run that needs the index with this key in its memo, if there is one. */
  neededBy(index: string): Promise<string | undefined>
  /** Tells those who watch, and the journal. */
  warn(message: string): void
  /** On the way back: the pre-images of the shard that is taken back, newest first, without those that never landed. */
  preImages(): AsyncIterable<PreImage>
  pause(milliseconds: number): Promise<void>
}

/** The way back is one shard for each shard of the way there that has pre-images. */
export interface IndexOperation<Spec> extends OperationBase<Spec> {
  readonly store: 'indexes'
  plan(spec: Spec, look: FullLook): Promise<StepPlan>
  remaining(spec: Spec, phase: WorkPhase, look: FullLook, memo: Json): Promise<readonly ShardPlan[]>
  verify(spec: Spec, look: FullLook, scope: VerifyScope): Verification
  apply(work: Work<Spec>, hands: IndexHands): AsyncGenerator<Checkpoint>
  /** Takes back what `apply` added, as far as it still is as it was added, and tells what it leaves. */
  revert(work: Work<Spec>, hands: IndexHands): AsyncGenerator<Checkpoint>
}

/** Types and freezes an operation on index definitions. */
export function defineIndexOperation<Spec>(operation: Omit<IndexOperation<Spec>, 'store'>): IndexOperation<Spec> {
  return Object.freeze({ ...operation, store: 'indexes' as const })
}
