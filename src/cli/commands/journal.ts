import { LockstepError } from '../../kernel/errors.ts'
import type { Migrator } from '../../migrator.ts'
import { buildJournal } from '../../report/journal.ts'
import type { JournalReport } from '../../report/journal.ts'
import { renderJournal, renderJournalMarkdown } from '../../report/journal-text.ts'
import type { Screen } from '../../report/paint.ts'
import { plainPaint } from '../../report/paint.ts'
import type { Cli } from '../cli.ts'
import { saveFile } from '../save-file.ts'
import { findRow } from '../queue.ts'
import { withMigrator } from '../session.ts'
import type { Options } from '../verb.ts'

/** `lockstep journal [migration]`: the latest run of the last migration that has one, without a name. */
export async function journal(cli: Cli, id: string | undefined, options: Options): Promise<void> {
  const out = options['out'] as string | undefined
  await withMigrator(cli, {}, async (migrator) => {
    const report = await loadJournal(migrator, id)
    const text = render(cli, report, out === undefined ? cli.payload : { ...cli.payload, paint: plainPaint })
    if (out === undefined) cli.print(text)
    else cli.say(`written to ${saveFile(cli.world.cwd, out, `${text}\n`)}`)
  })
}

async function loadJournal(migrator: Migrator, id: string | undefined): Promise<JournalReport> {
  const status = await migrator.status()
  const row = id === undefined ? status.migrations.findLast(({ run }) => run !== null) : findRow(status, id)
  const found = row === undefined ? undefined : (await migrator.journal(row.id)).at(-1)
  if (found !== undefined) return buildJournal(found)
  throw new LockstepError(
    'LS-4006',
    row === undefined ? 'no migration has been run here' : `${row.id} has not been run here`,
    {
      where: { name: row?.id ?? migrator.target.environment },
      hint: 'lockstep up starts one',
    },
  )
}

function render({ format }: Cli, report: JournalReport, screen: Screen): string {
  if (format === 'json') return JSON.stringify(report, null, 2)
  return format === 'markdown' ? renderJournalMarkdown(report) : renderJournal(report, screen)
}
