import type { Checkpoint } from '../operations/operation.ts'

export interface CheckpointSaver {
  /** Takes the next checkpoint over. Throws what an earlier one could not be saved for. */
  add(checkpoint: Checkpoint): void
  /** Resolves when all are saved; rejects with what one could not be saved for. */
  flush(): Promise<void>
}

/** Saves checkpoints in order while work goes on; those that come while one is being saved are saved as one. */
export function createCheckpointSaver(save: (checkpoint: Checkpoint) => Promise<void>): CheckpointSaver {
  let waiting: Checkpoint | undefined
  let saving: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  const saveAll = async (): Promise<void> => {
    try {
      for (let next = waiting; next !== undefined && failure === undefined; next = waiting) {
        waiting = undefined
        await save(next)
      }
    } catch (error) {
      failure = { error }
    }
    saving = undefined
  }
  const check = (): void => {
    if (failure !== undefined) throw failure.error
  }
  return {
    add(checkpoint) {
      check()
      waiting = waiting === undefined ? checkpoint : joined(waiting, checkpoint)
      saving ??= saveAll()
    },
    async flush() {
      await saving
      check()
    },
  }
}

function joined(first: Checkpoint, next: Checkpoint): Checkpoint {
  return {
    cursor: next.cursor,
    changed: first.changed + next.changed,
    skipped: first.skipped + next.skipped,
    conflicts: first.conflicts + next.conflicts,
    kept: [...(first.kept ?? []), ...(next.kept ?? [])],
  }
}
