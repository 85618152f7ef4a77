import { basename } from 'node:path'
import { provided } from '../../authoring.ts'
import { loadConfig } from '../../config.ts'
import type { LoadedConfig } from '../../config.ts'
import { LockstepError } from '../../kernel/errors.ts'
import { fixSqlFiles, lintFiles, lintSqlFiles, readSqlOptions } from '../../linting.ts'
import type { SqlOptions } from '../../linting.ts'
import { findMigration, listMigrations } from '../../migrations/load-migrations.ts'
import type { MigrationFile } from '../../migrations/load-migrations.ts'
import type { LintFinding } from '../../plan/lint-finding.ts'
import { buildLintReport, renderLint } from '../../report/lint.ts'
import type { LintReport } from '../../report/lint.ts'
import { renderLintGithub } from '../../report/lint-github.ts'
import { buildLintSarif } from '../../report/lint-sarif.ts'
import { version } from '../../version.ts'
import { changedSince } from '../changed-files.ts'
import type { Cli } from '../cli.ts'
import { withMigrator } from '../session.ts'
import { changedFiles, parseTargets } from '../sql-files.ts'
import type { Options } from '../verb.ts'

/** `lockstep lint [targets…]`: every migration without one. Opens a store only with `--live`; 3 when there is an error. */
export async function lint(cli: Cli, targets: readonly string[], options: Options): Promise<number> {
  const loaded = await configOf(cli, targets, options)
  const sql = readSqlOptions(loaded, options)
  const { migrations, files } = choose(cli, loaded, targets, options)
  if (options['fix'] === true) await mend(cli, files, sql)
  const findings = [
    ...(loaded === undefined ? [] : await lintFiles(loaded, migrations, sql)),
    ...(options['live'] === true ? await lintDatabase(cli, files, sql) : await lintSqlFiles(files, sql)),
  ]
  const ids = migrations.map(({ id }) => id)
  const report = buildLintReport(ids, findings, options['strict'] === true, files)
  printReport(cli, report)
  return report.ok ? 0 : 3
}

/** Files of SQL can be looked at where there is no project. */
async function configOf(cli: Cli, targets: readonly string[], options: Options): Promise<LoadedConfig | undefined> {
  try {
    return await loadConfig({ folder: cli.folder, file: cli.configFile, provided })
  } catch (error) {
    const alone = targets.length > 0 && options['live'] !== true && cli.configFile === undefined
    if (!alone || !(error instanceof LockstepError) || error.code !== 'LS-1002') throw error
    if (parseTargets(targets, cli.folder).migrations.length > 0) throw error
    return undefined
  }
}

interface Chosen {
  readonly migrations: readonly MigrationFile[]
  readonly files: readonly string[]
}

function choose(cli: Cli, loaded: LoadedConfig | undefined, targets: readonly string[], options: Options): Chosen {
  const since = options['since'] as string | undefined
  const named = parseTargets(targets, cli.folder)
  if (named.migrations.length > 0 && since !== undefined) {
    throw new LockstepError('LS-1007', 'a migration is named, and --since asks for others', {
      where: { name: '--since' },
      hint: 'give one of the two',
    })
  }
  const everything = targets.length === 0 && options['live'] !== true
  const usual = everything ? parseTargets(loaded?.config.lint?.sql ?? [], loaded?.root ?? cli.folder).files : []
  const files = [...named.files, ...usual]
  const folder = loaded?.migrationsFolder ?? ''
  const migrations = everything ? listMigrations(folder) : named.migrations.map((id) => findMigration(folder, id))
  if (since === undefined) return { migrations, files }
  const changed = everything ? changedSince(folder, since) : new Set<string>()
  return { migrations: migrations.filter(({ file }) => changed.has(basename(file))), files: changedFiles(files, since) }
}

async function mend(cli: Cli, files: readonly string[], sql: SqlOptions): Promise<void> {
  if (files.length === 0) {
    throw new LockstepError('LS-1007', '--fix mends files of SQL, and none is named', {
      where: { name: '--fix' },
      hint: 'name files or folders, as in lockstep lint --fix sql/',
    })
  }
  const mended = await fixSqlFiles(files, sql)
  cli.say(mended === 0 ? 'nothing could be mended mechanically' : `mended ${mended} of ${files.length} files`)
}

function lintDatabase(cli: Cli, files: readonly string[], sql: SqlOptions): Promise<readonly LintFinding[]> {
  return withMigrator(cli, {}, (migrator) => migrator.lintDatabase(files, sql))
}

function printReport(cli: Cli, report: LintReport): void {
  // In a workflow, paths count from the root of the checkout, wherever the command runs.
  const root = cli.world.env['GITHUB_WORKSPACE'] ?? cli.world.cwd
  switch (cli.format) {
    case 'json':
      return cli.printJson(report)
    case 'sarif':
      return cli.printJson(buildLintSarif(report, root, version))
    case 'github':
      return report.findings.some(({ accepted }) => accepted === null)
        ? cli.print(renderLintGithub(report, root))
        : undefined
    case 'text':
    case 'ndjson':
    case 'markdown':
      return cli.print(renderLint(report, cli.world.cwd, cli.payload))
  }
}
