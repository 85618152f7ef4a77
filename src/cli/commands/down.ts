import type { Status, StatusRow } from '../../report/status.ts'
import type { Cli } from '../cli.ts'
import { confirm } from '../confirm.ts'
import { findRow, requireRow } from '../queue.ts'
import { withRunning } from '../running.ts'
import type { Running } from '../running.ts'
import type { Options } from '../verb.ts'
import { kindsOf } from './up.ts'

/** `lockstep down [migration]`: the latest open run without a name. Asks always. */
export async function down(cli: Cli, id: string | undefined, options: Options): Promise<number> {
  await withRunning(cli, 'down', options, (running) => takeBack(cli, running, id, options))
  return 0
}

async function takeBack(cli: Cli, running: Running, id: string | undefined, options: Options): Promise<void> {
  const { migrator, signal } = running
  const status = await migrator.status()
  const row = requireRow(id === undefined ? latestOpen(status) : findRow(status, id), isRevertible, 'down')
  if (row === undefined) return
  const action = `take ${row.id} (${row.state}) back on ${migrator.target.environment}: both databases as before, later writes of others kept`
  await confirm(
    cli,
    { target: migrator.target, action, id: row.run ?? '', always: true, signal },
    { yes: options['yes'] === true, confirm: options['confirm'] as string | undefined },
  )
  await running.work({ migration: row.id, kinds: await kindsOf(running, row.id) }, () => migrator.down(row.id))
}

function latestOpen({ migrations }: Status): StatusRow | undefined {
  return migrations.findLast(isRevertible)
}

/** A run that `down` can take back: started, and neither completed nor back already. */
function isRevertible({ state }: StatusRow): boolean {
  return state !== 'pending' && state !== 'completed' && state !== 'rolled back'
}
