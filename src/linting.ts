import { readFileSync, writeFileSync } from 'node:fs'
import { provided } from './authoring.ts'
import type { LoadedConfig } from './config.ts'
import { LockstepError } from './kernel/errors.ts'
import { findMigration, listMigrations, loadMigration } from './migrations/load-migrations.ts'
import type { LoadedMigration, MigrationFile } from './migrations/load-migrations.ts'
import { operations } from './operations/catalogue.ts'
import { noIndexSettings, parseIndexSettings } from './operations/index-settings.ts'
import type { IndexSettings } from './operations/index-settings.ts'
import { lintMigration, needsEarlier, sqlOf } from './plan/lint.ts'
import type { LintFinding } from './plan/lint-finding.ts'
import type { LintFacts } from './plan/rules/rule.ts'
import { applyEdits } from './plan/sql/edits.ts'
import { lintLive } from './plan/sql/lint-live.ts'
import { lintTexts, requireOptInRules } from './plan/sql/lint-texts.ts'
import type { SqlFinding, SqlLinting } from './plan/sql/lint-texts.ts'
import { loadSqlFacts } from './plan/sql/load-facts.ts'
import { noSqlFacts, parseServerVersion } from './plan/sql/sql-facts.ts'
import type { SqlFacts } from './plan/sql/sql-facts.ts'
import { tablesNamed } from './plan/sql/tables.ts'
import { loadSqlParser } from './sql/parser.ts'
import { parseScript } from './sql/script.ts'
import type { SqlText } from './sql/sql-text.ts'
import { locateIndexFile } from './stores/firestore/index-file.ts'
import type { TableReader } from './stores/tables.ts'

/** How SQL is to be looked at, where no database says. */
export interface SqlOptions {
  readonly serverVersion: number | undefined
  /** Whether the runner of the files wraps each in a transaction. */
  readonly oneTransaction: boolean
  /** Rules that are off unless they are asked for. */
  readonly also: readonly string[]
}

/** What flags and configuration say; a flag wins. Throws LS-1007 for a version or a rule that is none. */
export function readSqlOptions(loaded: LoadedConfig | undefined, flags: Readonly<Record<string, unknown>>): SqlOptions {
  const settings = loaded?.config.lint
  const version = (flags['serverVersion'] as string | undefined) ?? settings?.serverVersion
  const serverVersion = version === undefined ? undefined : parseServerVersion(version)
  if (version !== undefined && serverVersion === undefined) {
    throw new LockstepError('LS-1007', `"${version}" is no version of PostgreSQL`, {
      where: { name: '--server-version' },
      hint: 'write it as 15 or 14.2',
    })
  }
  const also = [...((flags['also'] as readonly string[] | undefined) ?? []), ...(settings?.also ?? [])]
  const oneTransaction = flags['oneTransaction'] === true || settings?.oneTransaction === true
  return { serverVersion, oneTransaction, also: requireOptInRules(also) }
}

/** Lints these files, each against those before it on disk. Opens no store. */
export async function lintFiles(
  loaded: LoadedConfig,
  files: readonly MigrationFile[],
  sql: SqlOptions,
): Promise<readonly LintFinding[]> {
  const findings: LintFinding[] = []
  for (const file of files) findings.push(...(await lintLoaded(loaded, await load(loaded.root, file), { sql })))
  return findings
}

/** Lints one migration that is loaded already; with a database, by its version and the sizes of its tables. */
export async function lintLoaded(
  loaded: LoadedConfig,
  migration: LoadedMigration,
  { sql = readSqlOptions(loaded, {}), tables }: { readonly sql?: SqlOptions; readonly tables?: TableReader },
): Promise<readonly LintFinding[]> {
  const before = listMigrations(loaded.migrationsFolder).filter(({ id }) => id < migration.id)
  const earlier = needsEarlier(migration) ? await Promise.all(before.map((file) => load(loaded.root, file))) : []
  const texts = migration.steps.flatMap(sqlOf)
  const linting = texts.length === 0 ? undefined : await createLinting(texts, sql, tables)
  return lintMigration(migration, earlier, loadFacts(loaded), linting)
}

/** Lints files of SQL, each as one that runs after those before it. */
export async function lintSqlFiles(
  files: readonly string[],
  sql: SqlOptions,
  tables?: TableReader,
): Promise<readonly SqlFinding[]> {
  const texts = files.map((file) => readText(file, sql))
  return texts.length === 0 ? [] : lintTexts(texts, await createLinting(texts, sql, tables))
}

/** Lints a database itself, and files of SQL by what it knows, as asked or as configured. Reads only. */
export async function lintDatabase(
  tables: TableReader,
  files: readonly string[],
  asked: SqlOptions | LoadedConfig,
): Promise<readonly LintFinding[]> {
  const sql = 'config' in asked ? readSqlOptions(asked, {}) : asked
  return [...(await lintSqlFiles(files, sql, tables)), ...(await lintLive(tables, await loadSqlParser()))]
}

/** Makes the mechanical changes in the files until there are none left, and says how many files that changed. */
export async function fixSqlFiles(files: readonly string[], sql: SqlOptions): Promise<number> {
  const changed = new Set<string>()
  for (let round = 0; round < mostRounds; round += 1) {
    const open = (await lintSqlFiles(files, sql)).filter(({ edits, accepted }) => edits.length > 0 && accepted === null)
    if (open.length === 0) break
    for (const file of files) {
      const groups = open.filter(({ text }) => text.file === file).map(({ edits }) => edits)
      if (groups.length === 0) continue
      writeFileSync(file, applyEdits(readFileSync(file, 'utf8'), groups))
      changed.add(file)
    }
  }
  return changed.size
}

/** One change can make room for another, but not for ever. */
const mostRounds = 10

function readText(file: string, { oneTransaction }: SqlOptions): SqlText {
  return { name: file, file, text: readFileSync(file, 'utf8'), ...(oneTransaction ? { inTransaction: true } : {}) }
}

async function createLinting(texts: readonly SqlText[], sql: SqlOptions, tables?: TableReader): Promise<SqlLinting> {
  const parser = await loadSqlParser()
  const names = (): readonly string[] => tablesNamed(texts.map((text) => parseScript(parser, text)))
  const facts: SqlFacts =
    tables === undefined ? { ...noSqlFacts, serverVersion: sql.serverVersion } : await loadSqlFacts(tables, names())
  return { parser, facts, also: sql.also }
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
