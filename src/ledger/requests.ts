import type { TableReader, TableWriter } from '../stores/tables.ts'

/** Asks the run to pause; it does so at its next checkpoint. */
export async function requestPause(tables: TableWriter, run: string, actor: string): Promise<void> {
  await tables.transaction((q) =>
    q.query(`insert into lockstep.requests (run, verb, actor) values ($1, 'pause', $2)`, [run, actor]),
  )
}

/** Who asked for a pause that nobody acknowledged yet. */
export async function pauseRequestedBy(tables: TableReader, run: string): Promise<string | undefined> {
  const [row] = await tables.read((q) =>
    q.query<{ actor: string }>(
      `select actor from lockstep.requests where run = $1 and verb = 'pause' and acknowledged_at is null limit 1`,
      [run],
    ),
  )
  return row?.actor
}

export async function acknowledgeRequests(tables: TableWriter, run: string): Promise<void> {
  await tables.transaction((q) =>
    q.query(
      'update lockstep.requests set acknowledged_at = clock_timestamp() where run = $1 and acknowledged_at is null',
      [run],
    ),
  )
}
