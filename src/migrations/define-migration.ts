import type { Step } from '../operations/operation.ts'

export interface Migration {
  /** One line, for plans and journals. */
  readonly summary: string
  readonly steps: readonly Step[]
  /** Lint rules accepted here: name of the rule → why. Their findings stop nothing. */
  readonly allow?: Readonly<Record<string, string>>
}

/** Types and freezes a migration; the default export of a file under `migrations/`. */
export function defineMigration(migration: Migration): Migration {
  return Object.freeze({ ...migration, steps: Object.freeze([...migration.steps]) })
}
