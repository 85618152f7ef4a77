import { z } from 'zod'
import type { Run } from '../ledger/runs.ts'
import type { Checksum } from '../migrations/load-module.ts'
import { targetForm } from '../plan/plan.ts'
import type { Target } from '../plan/plan.ts'

const state = z.enum(['pending', 'running', 'paused', 'failed', 'soaking', 'completing', 'completed', 'rolling back', 'rolled back'])

const row = z.object({
  id: z.string(),
  state,
  phase: z.enum(['expand', 'backfill', 'verify', 'cutover', 'contract']).nullable(),
  /** 0 to 100 of the phase's shards; null where nothing is under way. */
  percent: z.number().nullable(),
  reason: z.string().nullable(),
  run: z.string().nullable(),
  /** The file differs in meaning from what was applied. */
  edited: z.boolean(),
  /** The ledger knows it, the folder does not. */
  fileMissing: z.boolean(),
  next: z.string().nullable(),
})

export const statusForm = z.object({
  formatVersion: z.literal(1),
  target: targetForm,
  migrations: z.array(row),
  next: z.string(),
})

export type Status = z.infer<typeof statusForm>
export type StatusRow = z.infer<typeof row>

export interface StatusSources {
  readonly target: Target
  readonly files: readonly { readonly id: string; readonly checksum: () => Checksum }[]
  readonly runs: readonly Run[]
  /** Done and expected of the current phase, by run. */
  readonly progress: ReadonlyMap<string, number>
}

/** Disk and ledger side by side, in the order of the files. Pure. */
export function buildStatus({ target, files, runs, progress }: StatusSources): Status {
  const latest = new Map(runs.map((run) => [run.migration, run]))
  const onDisk = new Map(files.map((file) => [file.id, file]))
  const ids = [...new Set([...onDisk.keys(), ...latest.keys()])].sort()
  const migrations = ids.map((id) => rowOf(id, latest.get(id), onDisk.get(id), progress))
  const next = migrations.find((each) => each.next !== null)?.next ?? 'nothing to do'
  return { formatVersion: 1, target, migrations, next }
}

function rowOf(
  id: string,
  run: Run | undefined,
  file: StatusSources['files'][number] | undefined,
  progress: StatusSources['progress'],
): StatusRow {
  const live = run !== undefined && run.state !== 'rolled back'
  const underWay = run !== undefined && ['running', 'paused', 'failed', 'completing', 'rolling back'].includes(run.state)
  const base = {
    id,
    state: run?.state ?? ('pending' as const),
    phase: live ? run.phase : null,
    percent: underWay ? (progress.get(run.id) ?? null) : null,
    reason: run?.reason ?? null,
    run: run?.id ?? null,
    edited: live && file !== undefined && isEdited(run.checksum, file.checksum()),
    fileMissing: file === undefined,
  }
  return { ...base, next: nextOf(base) }
}

/** Edited when neither the text nor, comments and spacing apart, the meaning is what was applied. */
export function isEdited(applied: string, now: Checksum): boolean {
  const then = JSON.parse(applied) as Checksum
  return then.text !== now.text && then.meaning !== now.meaning
}

function nextOf({ id, state: now, edited, fileMissing }: Omit<StatusRow, 'next'>): string | null {
  if (fileMissing) return now === 'completed' || now === 'rolled back' ? null : `bring the file of ${id} back`
  if (edited) return `bring ${id} back to what was applied, or write a new migration`
  switch (now) {
    case 'pending':
    case 'paused':
    case 'failed':
    case 'running':
    case 'rolled back':
      return 'lockstep up'
    case 'rolling back':
      return `lockstep down ${id}`
    case 'soaking':
    case 'completing':
      return `lockstep complete ${id}, or lockstep down ${id}`
    case 'completed':
      return null
  }
}
