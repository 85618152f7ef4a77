import type { Queryable, TableReader } from '../stores/tables.ts'
import { runEvent } from './events.ts'
import type { RecordedEvent, RunEvent } from './events.ts'

/** Appends in order, as part of the caller's transaction. */
export async function appendEvents(q: Queryable, run: string, events: readonly RunEvent[]): Promise<void> {
  if (events.length === 0) return
  await q.query(
    `insert into lockstep.events (run, type, data)
     select $1, e.data->>'type', e.data from jsonb_array_elements($2::jsonb) with ordinality as e(data, at) order by e.at`,
    [run, JSON.stringify(events)],
  )
}

/** Events read in one statement. */
const eventsAtOnce = 5_000

/** Every event of a run, oldest first, read in parts. */
export async function readEvents(tables: TableReader, run: string): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for (;;) {
    const part = await readPart(tables, run, events.at(-1)?.seq ?? 0)
    events.push(...part)
    if (part.length < eventsAtOnce) return events
  }
}

async function readPart(tables: TableReader, run: string, after: number): Promise<readonly RecordedEvent[]> {
  const rows = await tables.read((q) =>
    q.query<{ seq: number; at: string; data: unknown }>(
      `select seq::float8 as seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, data
       from lockstep.events where run = $1 and seq > $2 order by events.seq limit $3`,
      [run, after, eventsAtOnce],
    ),
  )
  return rows.map(({ seq, at, data }) => ({ seq, run, at, event: runEvent.parse(data) }))
}
