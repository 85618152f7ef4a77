import { provided } from './authoring.ts'
import { collectShapes } from './codegen/collect-shapes.ts'
import type { MigrationChanges } from './codegen/collect-shapes.ts'
import { renderClient } from './codegen/render-client.ts'
import type { LoadedConfig } from './config.ts'
import { listMigrations, loadMigration } from './migrations/load-migrations.ts'
import { operations } from './operations/catalogue.ts'

/** The TypeScript that apps read and write documents with, from all migrations on disk. Opens no store. */
export async function buildClientCode({ root, migrationsFolder }: LoadedConfig): Promise<string> {
  const migrations: MigrationChanges[] = []
  for (const file of listMigrations(migrationsFolder)) {
    const { id, steps } = await loadMigration(file, { root, provided, operations })
    migrations.push({ id, changes: steps.flatMap(({ operation, spec }) => operation.shape?.(spec) ?? []) })
  }
  return renderClient(collectShapes(migrations))
}
