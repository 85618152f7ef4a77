import type { StatusRow } from '../../report/status.ts'
import type { Cli } from '../cli.ts'
import { confirm } from '../confirm.ts'
import { findRow, requireRow } from '../queue.ts'
import { withRunning } from '../running.ts'
import type { Running } from '../running.ts'
import type { Options } from '../verb.ts'
import { kindsOf } from './up.ts'

/** `lockstep complete [migration]`: the first soaking one without a name. Asks always: after it there is no way back. */
export async function complete(cli: Cli, id: string | undefined, options: Options): Promise<number> {
  await withRunning(cli, 'complete', options, (running) => contract(cli, running, id, options))
  return 0
}

async function contract(cli: Cli, running: Running, id: string | undefined, options: Options): Promise<void> {
  const { migrator, signal } = running
  const status = await migrator.status()
  await migrator.tidy()
  const row = requireRow(
    id === undefined ? status.migrations.find(isCompletable) : findRow(status, id),
    isCompletable,
    'complete',
  )
  if (row === undefined) return
  const action = `complete ${row.id} on ${migrator.target.environment}: after it lockstep down is not possible any more`
  await confirm(
    cli,
    { target: migrator.target, action, id: row.run ?? '', always: true, signal },
    { yes: options['yes'] === true, confirm: options['confirm'] as string | undefined },
  )
  await running.work({ migration: row.id, kinds: await kindsOf(running, row.id) }, () => migrator.complete(row.id))
}

/** Soaking, or stopped on the way from there to completed. */
function isCompletable({ state }: StatusRow): boolean {
  return state === 'soaking' || state === 'completing'
}
