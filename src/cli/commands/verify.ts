import type { RunEvent } from '../../ledger/events.ts'
import type { Migrator } from '../../migrator.ts'
import { buildChecked, renderVerification } from '../../report/verification.ts'
import type { VerificationReport } from '../../report/verification.ts'
import type { Cli } from '../cli.ts'
import { findRow } from '../queue.ts'
import { withMigrator } from '../session.ts'
import type { Options } from '../verb.ts'

/** `lockstep verify [migration]`: every soaking one without a name; 5 when something is not as promised. */
export async function verify(cli: Cli, id: string | undefined, options: Options): Promise<number> {
  const level = options['level'] === 'full' ? 'full' : 'counts'
  const events: RunEvent[] = []
  const listener = (message: { readonly event: RunEvent } | object): void =>
    void ('event' in message && events.push(message.event))
  return withMigrator(cli, { listener }, async (migrator) => {
    const report = await check(cli, migrator, { id, level, events })
    if (cli.format === 'json') cli.printJson(report)
    else cli.print(renderVerification(report, cli.payload))
    return report.ok ? 0 : 5
  })
}

interface Wanted {
  readonly id: string | undefined
  readonly level: 'counts' | 'full'
  /** Filled by the migrator's listener while it verifies. */
  readonly events: RunEvent[]
}

async function check(cli: Cli, migrator: Migrator, { id, level, events }: Wanted): Promise<VerificationReport> {
  const status = await migrator.status()
  const rows = id === undefined ? status.migrations.filter(({ state }) => state === 'soaking') : [findRow(status, id)]
  const migrations: VerificationReport['migrations'] = []
  for (const row of rows) {
    cli.say(`verifying ${row.id} (${level})`)
    events.length = 0
    const problems = await migrator.verify(row.id, level)
    migrations.push(buildChecked(row.id, problems, events))
  }
  return {
    formatVersion: 1,
    target: migrator.target,
    level,
    ok: migrations.every(({ problems }) => problems === 0),
    migrations,
  }
}
