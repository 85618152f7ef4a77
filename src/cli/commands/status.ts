import { renderStatus, renderStatusMarkdown } from '../../report/status-text.ts'
import type { Cli } from '../cli.ts'
import { isOpen, isPending } from '../queue.ts'
import { withMigrator } from '../session.ts'
import type { Options } from '../verb.ts'

/** `lockstep status`: 2 with `--exit-code` when something is pending or under way. */
export async function status(cli: Cli, options: Options): Promise<number> {
  return withMigrator(cli, {}, async (migrator) => {
    const found = await migrator.status()
    if (cli.format === 'json') cli.printJson(found)
    else cli.print(cli.format === 'markdown' ? renderStatusMarkdown(found) : renderStatus(found, cli.payload))
    const pending = found.migrations.some((row) => isPending(row) || isOpen(row))
    return options['exitCode'] === true && pending ? 2 : 0
  })
}
