import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint, PreImage, TableHands, Work } from '../../operation.ts'
import { workOnProvision } from '../../provision-steps.ts'
import { cursorIn, tablesScope } from '../../table-scope.ts'
import { groupsOf } from '../../table-targets.ts'
import { exposureDifferences } from './compare-table.ts'
import type { CreateTableSpec } from './create-table.ts'
import { readExposure } from './read-table.ts'
import type { TableDefinition } from './table-definition.ts'
import { isAbsent, tableExtension, tableLock } from './table-extension.ts'
import { takeAway } from './take-away.ts'
import { tableStatements } from './table-sql.ts'
import { rendered } from './template.ts'
import type { NamedTable } from './template.ts'
import { memoForm } from './wanted-tables.ts'

/** Makes the tables of the shard that are not there, each whole or not at all. */
export async function* applyTable(work: Work<CreateTableSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { definition } = memoForm.parse(work.memo)
  yield* (
    workOnProvision(work, hands, tableExtension(work.spec, definition)) ??
    inGroups(work, hands, definition, (q, tables) => make(q, definition, tables))
  )
}

/** Takes them away again. What holds rows by then is kept, under another name, and told. */
export async function* revertTable(work: Work<CreateTableSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { definition } = memoForm.parse(work.memo)
  const kept = new Map<string, string>()
  yield* (
    workOnProvision(work, hands, tableExtension(work.spec, definition)) ??
    inGroups(work, hands, definition, async (q, tables) => {
      for (const table of tables) {
        const place = await takeAway(q, table)
        if (place !== undefined) kept.set(printTable(table), place)
      }
      return []
    })
  )
  for (const [name, place] of kept)
    hands.warn(`${name} holds rows that others wrote: it is ${place} now, with all of them`)
}

type GroupWork = (q: Queryable, tables: readonly NamedTable[]) => Promise<readonly PreImage[]>

/** Slots of the server's lock table that one transaction takes at most, and those of a table with its toast and its types. */
const slotsAtOnce = 200
const slotsOfTable = 6
const mostTogether = 50

/** Tables that may fail before the shard is given up. */
const mostFailures = 3

async function* inGroups(
  work: Work<CreateTableSpec>,
  hands: TableHands,
  { indexes, constraints, columns }: TableDefinition,
  change: GroupWork,
): AsyncGenerator<Checkpoint> {
  const scope = tablesScope.parse(work.scope)
  const [before, after] = scope.around ?? ['', '']
  const named = (name: string): NamedTable => ({
    schema: scope.schema,
    name,
    key: scope.around === undefined ? '' : name.slice(before.length, name.length - after.length),
  })
  const settled = cursorIn(work, passName)?.table ?? ''
  const left = scope.tables.filter((name) => name > settled)
  const slots =
    slotsOfTable +
    indexes.length +
    constraints.length +
    columns.filter(({ identity, serial }) => identity !== undefined || serial === true).length
  const failed: LockstepError[] = []
  for (const group of groupsOf(left, Math.max(1, Math.min(mostTogether, Math.floor(slotsAtOnce / slots))))) {
    const failures: [string, LockstepError][] = []
    yield await hands.change({
      names: group,
      cursor: failed.length === 0 ? { pass: passName, table: group.at(-1) ?? '' } : undefined,
      onFailure: (name, error) => void failures.push([name, error]),
      work: (q, names) => change(q, names.map(named)),
    })
    for (const [name, error] of failures) {
      failed.push(error)
      await hands.noteFailure(printTable(named(name)), error.message)
    }
    if (failed.length > Math.max(mostFailures, scope.tables.length / 100)) break
  }
  const [first, ...also] = failed
  if (first === undefined) return
  throw new LockstepError(first.code, `${failed.length} of ${scope.tables.length} tables: ${first.message}`, {
    also,
    cause: first.cause,
    where: first.where ?? {},
    hint: first.hint ?? 'mend what is in the way and run up again; the other tables are done',
  })
}

const passName = 'table'

/** In one transaction: what refers to tables that are there comes last, when nothing else is left to do. */
async function make(
  q: Queryable,
  definition: TableDefinition,
  tables: readonly NamedTable[],
): Promise<readonly PreImage[]> {
  const open: NamedTable[] = []
  for (const table of tables) {
    const [schema, name] = [quoteLiteral(table.schema), quoteLiteral(table.name)]
    await q.script(`select ${tableLock(schema, name)}`)
    const [row] = await q.query<{ absent: boolean }>(`select ${isAbsent(schema, name)} as absent`)
    if (row?.absent === true) open.push(table)
  }
  const statements = tableStatements(definition)
  for (const part of [statements.make, statements.refer]) {
    const script = open.flatMap((table) => part.map((each) => rendered(each, table)))
    if (script.length > 0) await q.script(script.join(';\n'))
  }
  await refuseExposed(q, definition, open)
  return open.map((table) => ({
    name: printTable(table),
    before: { table: null },
    after: { created: quoteTable(table) },
  }))
}

/** Event triggers give rights, too: what is not as declared is not committed. */
async function refuseExposed(q: Queryable, definition: TableDefinition, tables: readonly NamedTable[]): Promise<void> {
  const found = await readExposure(
    q,
    tables[0]?.schema ?? '',
    tables.map(({ name }) => name),
  )
  for (const table of tables) {
    const exposure = found.get(table.name)
    const told = exposure === undefined ? ['it is gone'] : exposureDifferences(definition, exposure)
    if (told.length === 0) continue
    throw new LockstepError('LS-2127', `${printTable(table)} would not be as declared: ${told.join(', ')}`, {
      where: { name: printTable(table) },
      why: 'something else on the server changes new tables as they are made, an event trigger perhaps; nothing was kept',
      hint: 'declare it in grants and rowSecurity, or see select evtname, evtfoid::regproc from pg_event_trigger',
    })
  }
}
