import { renderStatus, renderStatusMarkdown } from '../../report/status-text.ts'
import type { Cli } from '../cli.ts'
import { isOpen } from '../queue.ts'
import type { Migrator } from '../../migrator.ts'
import { isPending } from '../../report/status.ts'
import type { Status } from '../../report/status.ts'
import { withMigrator } from '../session.ts'
import type { Options } from '../verb.ts'

/** `lockstep status`: 2 with `--exit-code` when something is pending or under way. */
export async function status(cli: Cli, options: Options): Promise<number> {
  return withMigrator(cli, {}, async (migrator) => {
    const read = await migrator.status()
    const found = options['tables'] === true ? { ...read, tables: await oddTables(migrator, read) } : read
    if (cli.format === 'json') cli.printJson(found)
    else cli.print(cli.format === 'markdown' ? renderStatusMarkdown(found) : renderStatus(found, cli.payload))
    const pending = found.migrations.some((row) => isPending(row) || isOpen(row))
    return options['exitCode'] === true && pending ? 2 : 0
  })
}

async function oddTables(migrator: Migrator, { migrations }: Status): Promise<NonNullable<Status['tables']>> {
  const found: NonNullable<Status['tables']> = []
  for (const { id, run } of migrations) {
    const rows = run === null ? [] : await migrator.oddTables(run)
    for (const { step, name, state, problem } of rows)
      found.push({ migration: id, step: step + 1, table: name, state, problem })
  }
  return found
}
