import { z } from 'zod'
import type { Run } from '../ledger/runs.ts'
import type { Checksum } from '../migrations/load-module.ts'
import { targetForm } from '../plan/plan.ts'
import type { Target } from '../plan/plan.ts'

const state = z.enum([
  'pending',
  'running',
  'paused',
  'failed',
  'soaking',
  'completing',
  'completed',
  'rolling back',
  'rolled back',
])

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
  /** The last of the later migrations that were applied before this pending one: `up` wants `--out-of-order` for it. */
  olderThan: z.string().nullable(),
  next: z.string().nullable(),
})

export const statusForm = z.object({
  formatVersion: z.literal(1),
  target: targetForm,
  migrations: z.array(row),
  /** With `--tables`: those that a run left out or could not change. `step` is counted from 1, as in the file. */
  tables: z
    .array(
      z.object({
        migration: z.string(),
        step: z.number(),
        table: z.string(),
        state: z.enum(['failed', 'left out']),
        problem: z.string().nullable(),
      }),
    )
    .optional(),
  next: z.string(),
})

export type Status = z.infer<typeof statusForm>
export type StatusRow = z.infer<typeof row>

export interface StatusSources {
  readonly target: Target
  /** `checksum` is told what was applied, which may be all that the file has to be compared with. */
  readonly files: readonly { readonly id: string; readonly checksum: (applied: Checksum) => Checksum }[]
  readonly runs: readonly Run[]
  /** Done and expected of the current phase, by run. */
  readonly progress: ReadonlyMap<string, number>
}

/** Disk and ledger side by side, in the order of the files. Pure. */
export function buildStatus({ target, files, runs, progress }: StatusSources): Status {
  const latest = new Map(runs.map((run) => [run.migration, run]))
  const onDisk = new Map(files.map((file) => [file.id, file]))
  const ids = [...new Set([...onDisk.keys(), ...latest.keys()])].sort()
  const rows = ids.map((id) => rowOf(id, latest.get(id), onDisk.get(id), progress))
  const lastApplied = rows.findLast(({ state }) => !notApplied.has(state))?.id
  const migrations = rows.map((each) => {
    const isLate = isPending(each) && lastApplied !== undefined && lastApplied > each.id
    return withNext({ ...each, olderThan: isLate ? lastApplied : null })
  })
  const next =
    urgency.flatMap((urgent) => migrations.filter((row) => row.next !== null && urgent(row)))[0]?.next ??
    'nothing to do'
  return { formatVersion: 1, target, migrations, next }
}

const notApplied: ReadonlySet<StatusRow['state']> = new Set(['pending', 'rolled back'])

/** Rows that `up` has to start. */
export function isPending({ state, fileMissing }: Pick<StatusRow, 'state' | 'fileMissing'>): boolean {
  return notApplied.has(state) && !fileMissing
}

/** What is faulty comes first, then what is under way, then what is pending; a soak may last. */
const urgency: readonly ((row: StatusRow) => boolean)[] = [
  ({ edited, fileMissing }) => edited || fileMissing,
  ({ state }) => underWay.has(state),
  isPending,
  () => true,
]

function rowOf(
  id: string,
  run: Run | undefined,
  file: StatusSources['files'][number] | undefined,
  progress: StatusSources['progress'],
): Omit<StatusRow, 'next' | 'olderThan'> {
  const fileMissing = file === undefined
  if (run === undefined) return { ...unknown, id, fileMissing }
  const { state, reason } = run
  if (state === 'rolled back') return { ...unknown, id, state, reason: reason ?? null, run: run.id, fileMissing }
  const applied = appliedChecksum(run)
  const edited = file !== undefined && isEdited(applied, file.checksum(applied))
  const percent = underWay.has(state) ? (progress.get(run.id) ?? null) : null
  return { id, state, phase: run.phase, percent, reason: reason ?? null, run: run.id, edited, fileMissing }
}

const unknown = { state: 'pending', phase: null, percent: null, reason: null, run: null, edited: false } as const

const underWay: ReadonlySet<StatusRow['state']> = new Set(['running', 'paused', 'failed', 'completing', 'rolling back'])

function withNext(row: Omit<StatusRow, 'next'>): StatusRow {
  return { ...row, next: nextOf(row) }
}

/** Edited when neither the text nor, comments and spacing apart, the meaning is what was applied. */
export function isEdited(applied: Checksum, now: Checksum): boolean {
  return applied.text !== now.text && applied.meaning !== now.meaning
}

/** What the migration's file was when the run began. */
export function appliedChecksum({ checksum }: Pick<Run, 'checksum'>): Checksum {
  return JSON.parse(checksum) as Checksum
}

function nextOf({ id, state, edited, fileMissing, olderThan }: Omit<StatusRow, 'next'>): string | null {
  if (fileMissing) return state === 'completed' || state === 'rolled back' ? null : `bring the file of ${id} back`
  if (edited) return `bring ${id} back to what was applied, or write a new migration`
  if (olderThan !== null) return `give ${id} a later time, or lockstep up --out-of-order`
  return nextByState[state](id)
}

const up = (): string => 'lockstep up'
const soaked = (id: string): string => `lockstep complete ${id}, or lockstep down ${id}`

const nextByState: Readonly<Record<StatusRow['state'], (id: string) => string | null>> = {
  pending: up,
  running: up,
  paused: up,
  failed: up,
  soaking: soaked,
  completing: soaked,
  completed: () => null,
  'rolling back': (id) => `lockstep down ${id}`,
  'rolled back': up,
}
