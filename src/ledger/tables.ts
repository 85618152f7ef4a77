import type { Queryable, TableReader } from '../stores/tables.ts'

/** `left out`: not touched, as planned. `failed`: to be tried again by the next `up`. */
export type TableOutcome = 'changed' | 'failed' | 'left out'

export interface TableNote {
  readonly name: string
  readonly problem?: string | undefined
}

export interface TableRow {
  readonly step: number
  readonly name: string
  readonly state: Exclude<TableOutcome, 'changed'>
  readonly problem: string | null
}

/** Notes what became of tables in a step of a run; what was noted before is overwritten. Caller's transaction. */
export async function noteTables(
  q: Queryable,
  { run, step }: { readonly run: string; readonly step: number },
  state: TableOutcome,
  notes: readonly TableNote[],
): Promise<void> {
  if (notes.length === 0) return
  await q.query(
    `insert into lockstep.tables (run, step, name, state, problem)
     select $1, $2, t.name, $3, t.problem from unnest($4::text[], $5::text[]) as t(name, problem)
     on conflict (run, step, name) do update set state = excluded.state, problem = excluded.problem, at = clock_timestamp()`,
    [run, step, state, notes.map(({ name }) => name), notes.map(({ problem }) => problem ?? null)],
  )
}

/** The tables that a step of a run leaves out, as printed. None in a ledger from before tables were noted. */
export async function tablesLeftOut(
  tables: TableReader,
  { run, step }: { readonly run: string; readonly step: number },
): Promise<readonly string[]> {
  const odd = await readOddTables(tables, run)
  return odd.filter((row) => row.step === step && row.state === 'left out').map(({ name }) => name)
}

/** The tables of a run that need a look, by step and name. None in a ledger from before tables were noted. */
export function readOddTables(tables: TableReader, run: string): Promise<readonly TableRow[]> {
  return tables.read(async (q) => {
    const [ledger] = await q.query<{ found: boolean }>("select to_regclass('lockstep.tables') is not null as found")
    if (ledger?.found !== true) return []
    return q.query<TableRow>(
      "select step, name, state, problem from lockstep.tables where run = $1 and state <> 'changed' order by step, name",
      [run],
    )
  })
}
