import { readFileSync } from 'node:fs'
import { provided } from './authoring.ts'
import type { LoadedConfig } from './config.ts'
import { LockstepError } from './kernel/errors.ts'
import { findMigration, listMigrations, loadMigration } from './migrations/load-migrations.ts'
import type { LoadedMigration, MigrationFile } from './migrations/load-migrations.ts'
import { operations } from './operations/catalogue.ts'
import { noIndexSettings, parseIndexSettings } from './operations/index-settings.ts'
import type { IndexSettings } from './operations/index-settings.ts'
import { lintMigration, needsEarlier } from './plan/lint.ts'
import type { LintFinding } from './plan/lint-finding.ts'
import type { LintFacts } from './plan/rules/rule.ts'
import { locateIndexFile } from './stores/firestore/index-file.ts'

/** Lints these files, each against those before it on disk. Opens no store. */
export async function lintFiles(
  loaded: LoadedConfig,
  files: readonly MigrationFile[],
): Promise<readonly LintFinding[]> {
  const findings: LintFinding[] = []
  for (const file of files) findings.push(...(await lintLoaded(loaded, await load(loaded.root, file))))
  return findings
}

/** Lints one migration that is loaded already. */
export async function lintLoaded(loaded: LoadedConfig, migration: LoadedMigration): Promise<readonly LintFinding[]> {
  const before = listMigrations(loaded.migrationsFolder).filter(({ id }) => id < migration.id)
  const earlier = needsEarlier(migration) ? await Promise.all(before.map((file) => load(loaded.root, file))) : []
  return lintMigration(migration, earlier, loadFacts(loaded))
}

function load(root: string, file: MigrationFile): Promise<LoadedMigration> {
  return loadMigration(file, { root, provided, operations })
}

function loadFacts({ config, file, root, migrationsFolder }: LoadedConfig): LintFacts {
  const oldestReaders = config.clients?.oldest
  if (oldestReaders !== undefined && oldestReaders !== 'none') requireOnDisk(migrationsFolder, oldestReaders, file)
  const indexFile = locateIndexFile({ root, setting: config.firestoreIndexes, database: '(default)' })
  return { oldestReaders, indexes: loadIndexSettings(indexFile) }
}

/** A name that was mistyped would silence or raise every finding about clients. */
function requireOnDisk(folder: string, id: string, configFile: string): void {
  try {
    findMigration(folder, id)
  } catch (cause) {
    throw new LockstepError('LS-1003', `clients.oldest names ${id}, and there is no such migration`, {
      where: { file: configFile },
      hint: "name the newest migration that the oldest client's readers know, or 'none'",
      cause,
    })
  }
}

function loadIndexSettings(file: string): IndexSettings {
  try {
    return parseIndexSettings(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return noIndexSettings
    throw error
  }
}
