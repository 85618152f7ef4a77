import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { LockstepError, isLockstepError } from '../kernel/errors.ts'
import type { Where } from '../kernel/errors.ts'
import type { Operation, ReadText, Step } from '../operations/operation.ts'
import type { Migration } from './define-migration.ts'
import { loadModule, placeOf, readSource } from './load-module.ts'
import type { Checksum, ModuleSource, ProvidedModules } from './load-module.ts'
import { readSqlFiles } from './sql-files.ts'
import { placeOfStep } from './step-places.ts'

/** A file under `migrations/`: its stem is its identity. */
export interface MigrationFile {
  readonly id: string
  readonly file: string
}

const namePattern = /^(\d{14}_[a-z0-9][a-z0-9_]*)\.(?:ts|mts|js|mjs)$/

/** Files named `<UTC 14 digits>_<slug>.ts` in their order; others are passed over. Empty without the folder. */
export function listMigrations(folder: string): readonly MigrationFile[] {
  const files = readFolder(folder).flatMap((name) => {
    const id = namePattern.exec(name)?.[1]
    return id === undefined ? [] : [{ id, file: join(folder, name) }]
  })
  return files.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The file of a migration. Throws LS-2006 for one that is not on disk. */
export function findMigration(folder: string, id: string): MigrationFile {
  const found = listMigrations(folder).find((file) => file.id === id)
  if (found !== undefined) return found
  throw new LockstepError('LS-2006', `there is no migration ${id}`, {
    where: { name: folder },
    hint: 'lockstep status lists them; lockstep new writes one',
  })
}

function readFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

export interface LoadedMigration extends MigrationFile {
  readonly summary: string
  /** Lint rules accepted by name, with the reason. */
  readonly allow: Readonly<Record<string, string>>
  readonly checksum: Checksum
  readonly steps: readonly LoadedStep[]
}

export interface LoadedStep {
  readonly kind: string
  readonly operation: Operation<unknown>
  readonly spec: unknown
  /** Where in the file the step is written, as far as that can be told. */
  readonly place: () => Where
}

export interface LoadOptions {
  /** The folder of the project: paths of SQL files are relative to it. */
  readonly root: string
  readonly provided: ProvidedModules
  readonly operations: readonly Operation<unknown>[]
  /** What the file was when it was applied, where it was. */
  readonly applied?: Checksum | undefined
}

/** Throws LS-2001 with the place when the file does not load, LS-2002 when it is not a migration. */
export async function loadMigration(found: MigrationFile, options: LoadOptions): Promise<LoadedMigration> {
  const migration = parseMigration(found, await runFile(found, options.provided))
  const { summary, allow } = migration
  const { checksum, sql } = sourceOf(found, options.root, options.applied)
  const reading = { operations: options.operations, readText: readSqlFiles(options.root, sql) }
  const steps = migration.steps.map((step, index) => loadStep(found, step, index, reading))
  return { ...found, summary, allow, checksum, steps }
}

/** Reads, never runs, the file and what belongs to it. Throws LS-2001 when it cannot be parsed. */
export function checksumOf(found: MigrationFile, root: string, applied?: Checksum): Checksum {
  return sourceOf(found, root, applied).checksum
}

function sourceOf({ file }: MigrationFile, root: string, applied: Checksum | undefined): ModuleSource {
  try {
    return readSource(file, root, applied)
  } catch (cause) {
    throw notLoaded(file, cause)
  }
}

async function runFile({ file }: MigrationFile, provided: ProvidedModules): Promise<unknown> {
  try {
    return await loadModule(file, provided)
  } catch (cause) {
    throw notLoaded(file, cause)
  }
}

function notLoaded(file: string, cause: unknown): LockstepError {
  const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  return new LockstepError('LS-2001', `migration file cannot be loaded: ${message}`, {
    where: placeOf(cause, file),
    why: 'the file threw an error while it was read; no database was touched',
    hint: isLockstepError(cause) ? (cause.hint ?? 'mend the file') : 'mend the file and run the command again',
    cause,
  })
}

const form = z.object({
  summary: z.string().min(1),
  steps: z.array(z.custom<Step>(isStep, 'expected a step, as firestore.addField(…) gives one')).min(1),
  allow: z.record(z.string().min(1), z.string().trim().min(1, 'say why the rule is accepted')).default({}),
})

function isStep(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
}

function parseMigration({ file }: MigrationFile, value: unknown): Required<Migration> {
  const parsed = form.safeParse(value)
  if (parsed.success) return parsed.data
  throw new LockstepError('LS-2002', `${file} does not export a migration: ${z.prettifyError(parsed.error)}`, {
    where: { file },
    hint: 'write export default defineMigration({ summary, steps: [ … ] })',
  })
}

function loadStep(
  { file }: MigrationFile,
  step: Step,
  index: number,
  { operations, readText }: { readonly operations: LoadOptions['operations']; readonly readText: ReadText },
): LoadedStep {
  const operation = operations.find((each) => each.kind === step.kind)
  if (operation === undefined) {
    throw new LockstepError('LS-2002', `step ${index + 1} has the unknown kind "${step.kind}"`, {
      where: { file },
      hint: `known are: ${operations.map((each) => each.kind).join(', ')}`,
    })
  }
  try {
    const place = (): Where => placeOfStep(step, file)
    return { kind: step.kind, operation, spec: operation.parse(step.spec, readText), place }
  } catch (error) {
    if (!isLockstepError(error)) throw error
    const { message, hint, why, where } = error
    throw new LockstepError(error.code, `step ${index + 1} (${step.kind}): ${message}`, {
      where: { file, ...where },
      ...(hint === undefined ? {} : { hint }),
      ...(why === undefined ? {} : { why }),
      cause: error,
    })
  }
}
