import type { Step } from '../operations/operation.ts'

export interface Migration {
  /** One line, for plans and journals. */
  readonly summary: string
  readonly steps: readonly Step[]
}

/** Types and freezes a migration; the default export of a file under `migrations/`. */
export function defineMigration(migration: Migration): Migration {
  return Object.freeze({ ...migration, steps: Object.freeze([...migration.steps]) })
}
