import type { Migrator } from '../../migrator.ts'
import type { Plan } from '../../plan/plan.ts'
import { renderMore, renderPlan } from '../../report/plan.ts'
import { renderPlanMarkdown } from '../../report/plan-markdown.ts'
import { isPending } from '../../report/status.ts'
import type { Status, StatusRow } from '../../report/status.ts'
import type { Cli } from '../cli.ts'
import { findRow, isOpen } from '../queue.ts'
import { saveFile } from '../save-file.ts'
import { withMigrator } from '../session.ts'
import type { Options } from '../verb.ts'

/** `lockstep plan [migration]`: the first pending one without a name; 2 with `--exit-code` when something is pending. */
export async function plan(cli: Cli, id: string | undefined, options: Options): Promise<number> {
  return withMigrator(cli, { strict: options['strict'] === true }, (migrator) =>
    showPlan(cli, migrator, { id, out: options['out'] as string | undefined, exitCode: options['exitCode'] === true }),
  )
}

interface Wanted {
  readonly id: string | undefined
  readonly out: string | undefined
  readonly exitCode: boolean
}

async function showPlan(cli: Cli, migrator: Migrator, { id, out, exitCode }: Wanted): Promise<number> {
  const status = await migrator.status()
  const pending = status.migrations.filter(isPending)
  const open = id === undefined ? status.migrations.filter(isOpen) : []
  for (const each of open) cli.say(`${stateOf(each)}; it goes on before anything new is started`)
  const row = id === undefined ? pending[0] : findRow(status, id)
  const code = exitCode && pending.length + open.length > 0 ? 2 : 0
  if (row === undefined || !isPending(row)) {
    printNothing(cli, status, row ?? open[0])
    return code
  }
  const planned = await migrator.plan(row.id)
  if (out !== undefined) saveFile(cli.world.cwd, out, `${JSON.stringify(planned, null, 2)}\n`)
  if (row.olderThan !== null)
    cli.say(`${row.id} is older than ${row.olderThan}, which was already applied: up wants --out-of-order for it`)
  printPlan(cli, planned, nextAfter(cli, planned, { file: out, outOfOrder: row.olderThan !== null }))
  const more = renderMore(pending.filter((other) => other.id !== row.id).length)
  if (more !== undefined) cli.say(more)
  if (out !== undefined) cli.say(`saved in ${out}`)
  return code
}

function printPlan(cli: Cli, planned: Plan, next: string): void {
  if (cli.format === 'json') cli.printJson(planned)
  else cli.print(cli.format === 'markdown' ? renderPlanMarkdown(planned) : renderPlan(planned, next, cli.payload))
}

/** JSON is a plan or null, so that a script can tell. */
function printNothing(cli: Cli, status: Status, row: StatusRow | undefined): void {
  const text = row === undefined ? 'nothing pending: every migration is applied' : whereOf(row)
  if (cli.format === 'json') cli.print('null')
  else cli.print(`${text}\nnext  ${row?.next ?? status.next}`)
  if (cli.format === 'json') cli.say(text)
}

function stateOf(row: StatusRow): string {
  return `${whereOf(row)}${row.next === null ? '' : `: ${row.next}`}`
}

function whereOf({ id, state, phase, percent }: StatusRow): string {
  if (state !== 'running' && state !== 'paused' && state !== 'failed') return `${id} is ${state}`
  return `${id} is ${state} in ${phase ?? 'expand'}${percent === null ? '' : `, ${percent} %`}`
}

interface Applying {
  readonly file: string | undefined
  readonly outOfOrder: boolean
}

/** The command that applies this very plan. */
function nextAfter({ environment }: Cli, { id, target, migration }: Plan, { file, outOfOrder }: Applying): string {
  const flags = [
    ...(environment === undefined ? [] : ['--env', environment]),
    ...(file === undefined ? [] : ['--plan', file]),
    ...(outOfOrder ? ['--out-of-order'] : []),
    ...(target.kind === 'production' ? ['--confirm', `${target.environment}:${id}`] : []),
  ]
  return ['lockstep up', ...(file === undefined ? [migration.id] : []), ...flags].join(' ')
}
