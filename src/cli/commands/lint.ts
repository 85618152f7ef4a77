import { basename } from 'node:path'
import { provided } from '../../authoring.ts'
import { loadConfig } from '../../config.ts'
import { LockstepError } from '../../kernel/errors.ts'
import { lintFiles } from '../../linting.ts'
import { findMigration, listMigrations } from '../../migrations/load-migrations.ts'
import type { MigrationFile } from '../../migrations/load-migrations.ts'
import { buildLintReport, renderLint } from '../../report/lint.ts'
import type { LintReport } from '../../report/lint.ts'
import { renderLintGithub } from '../../report/lint-github.ts'
import { buildLintSarif } from '../../report/lint-sarif.ts'
import { version } from '../../version.ts'
import { changedSince } from '../changed-files.ts'
import type { Cli } from '../cli.ts'
import type { Options } from '../verb.ts'

/** `lockstep lint [migration]`: every file without a name. Opens no store; 3 when there is an error. */
export async function lint(cli: Cli, id: string | undefined, options: Options): Promise<number> {
  const loaded = await loadConfig({ folder: cli.folder, file: cli.configFile, provided })
  const files = chosenFiles(loaded.migrationsFolder, id, options['since'] as string | undefined)
  const findings = await lintFiles(loaded, files)
  const report = buildLintReport(
    files.map((file) => file.id),
    findings,
    options['strict'] === true,
  )
  printReport(cli, report)
  return report.ok ? 0 : 3
}

function chosenFiles(folder: string, id: string | undefined, since: string | undefined): readonly MigrationFile[] {
  if (id !== undefined && since !== undefined) {
    throw new LockstepError('LS-1007', 'a migration is named, and --since asks for others', {
      where: { name: '--since' },
      hint: 'give one of the two',
    })
  }
  if (id !== undefined) return [findMigration(folder, id)]
  const files = listMigrations(folder)
  if (since === undefined) return files
  const changed = changedSince(folder, since)
  return files.filter(({ file }) => changed.has(basename(file)))
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
