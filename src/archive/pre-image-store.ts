import type { KeptPage, PreImage } from '../operations/operation.ts'
import type { Queryable, TableReader, TableWriter } from '../stores/tables.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import { spanOf, unpackPreImages } from './pre-images.ts'
import type { PackedImages } from './pre-images.ts'

/** One page of pre-images as stored. */
export interface PreImagePage extends KeptPage {
  readonly shard: string
  /** False while the fate of its writes is not known: then `unapplied` says nothing. */
  readonly settled: boolean
  readonly images: readonly PreImage[]
}

/** Stores a page before its writes are sent, as part of the caller's transaction, fenced by the shard's epoch. */
export async function storePreImages(
  q: Queryable,
  shard: ClaimedShard,
  images: PackedImages,
  settled: boolean,
): Promise<string | undefined> {
  const [row] = await q.query<{ seq: string }>(
    `insert into lockstep.pre_images (run, step, shard, count, payload, settled, span)
     select s.run, s.step, s.id, $3, $4, $5, lockstep.name_range($6, $7, '[]') from lockstep.shards s
     where s.id = $1 and s.epoch = $2 and s.state = 'running' for share of s
     returning seq::text as seq`,
    [shard.id, shard.epoch, images.count, images.payload, settled, ...images.span],
  )
  return row?.seq
}

/** Says which images of a page never became a write. */
export async function settlePreImages(q: Queryable, pages: readonly KeptPage[]): Promise<void> {
  if (pages.length === 0) return
  await q.query(
    `update lockstep.pre_images p set settled = true, unapplied = s.unapplied
     from jsonb_to_recordset($1::jsonb) as s(seq bigint, unapplied jsonb) where p.seq = s.seq`,
    [
      JSON.stringify(
        pages.map(({ seq, unapplied }) => ({ seq, unapplied: unapplied.length === 0 ? null : unapplied })),
      ),
    ],
  )
}

interface PageRow {
  readonly seq: string
  readonly shard: string
  readonly payload: Buffer
  readonly unapplied: readonly number[] | null
  readonly settled: boolean
}

/** Pages whose writes were on their way when their shard was left: the last few of each and their repeats. */
export async function unsettledPages(
  tables: TableReader,
  of: { readonly shard: string } | { readonly run: string; readonly steps: readonly number[] },
): Promise<readonly PreImagePage[]> {
  const [where, values] =
    'shard' in of ? ['shard = $1', [of.shard]] : ['run = $1 and step = any($2)', [of.run, of.steps]]
  const rows = await tables.read((q) =>
    q.query<PageRow>(
      `select seq::text as seq, shard, payload, unapplied, settled from lockstep.pre_images
       where ${where} and not settled order by pre_images.seq`,
      values,
    ),
  )
  return rows.map(unpackRow)
}

/** Whether the shard's step has stored any pre-images yet. */
export async function hasPreImages(
  tables: TableReader,
  { run, step }: Pick<ClaimedShard, 'run' | 'step'>,
): Promise<boolean> {
  const rows = await tables.read((q) =>
    q.query('select 1 from lockstep.pre_images where run = $1 and step = $2 limit 1', [run, step]),
  )
  return rows.length > 0
}

/**
 * The pages of the shard's step in which one of the units may be, with their phases, oldest first; they hold other
 * units too.
 */
export async function unitImages(
  tables: TableReader,
  { run, step }: Pick<ClaimedShard, 'run' | 'step'>,
  units: readonly string[],
): Promise<readonly (PreImagePage & Pick<ClaimedShard, 'phase'>)[]> {
  if (units.length === 0) return []
  const rows = await tables.read((q) =>
    q.query<PageRow & Pick<ClaimedShard, 'phase'>>(
      `select p.seq::text as seq, p.shard, p.payload, p.unapplied, p.settled, s.phase
       from lockstep.pre_images p join lockstep.shards s on s.id = p.shard
       where p.run = $1 and p.step = $2 and p.span && lockstep.name_range($3, $4, '[]') order by p.seq`,
      [run, step, ...spanOf(units)],
    ),
  )
  return rows.map((row) => ({ ...unpackRow(row), phase: row.phase }))
}

/** The pages of a step, or of one shard, newest first, before `seq` when given; one page at a time. */
export async function* preImagePages(
  tables: TableReader,
  of: { readonly run: string; readonly step: number; readonly shard?: string },
  before?: string,
): AsyncGenerator<PreImagePage> {
  let bound = before ?? '9223372036854775807'
  for (;;) {
    const rows = await tables.read((q) =>
      q.query<PageRow>(
        `select seq::text as seq, shard, payload, unapplied, settled from lockstep.pre_images
         where run = $1 and step = $2 and ($3::text is null or shard = $3) and seq < $4::bigint order by pre_images.seq desc limit 1`,
        [of.run, of.step, of.shard ?? null, bound],
      ),
    )
    const [row] = rows
    if (row === undefined) return
    yield unpackRow(row)
    bound = row.seq
  }
}

/** The pre-images themselves, newest first, a page in memory at a time. */
export async function* preImagesOf(
  tables: TableReader,
  { run, step }: { readonly run: string; readonly step: number },
): AsyncGenerator<PreImage> {
  for await (const page of preImagePages(tables, { run, step })) yield* page.images.toReversed()
}

function unpackRow(row: PageRow): PreImagePage {
  const { seq, shard, settled, unapplied } = row
  return { seq, shard, settled, images: unpackPreImages(row.payload), unapplied: unapplied ?? [] }
}

/** Shards of a step that stored pre-images, newest round first: the shards of the way back. */
export async function shardsWithPreImages(
  tables: TableReader,
  run: string,
  step: number,
): Promise<readonly { readonly shard: string; readonly count: number; readonly round: number }[]> {
  return tables.read((q) =>
    q.query(
      `select p.shard, sum(p.count)::float8 as count, s.round from lockstep.pre_images p join lockstep.shards s on s.id = p.shard
       where p.run = $1 and p.step = $2 and s.phase <> 'revert' group by p.shard, s.round order by s.round desc, p.shard`,
      [run, step],
    ),
  )
}

/** Pages deleted in one transaction. */
const forgottenAtOnce = 500

/** Deletes the run's pre-images: after `complete` there is no way back that would need them. Safe to repeat. */
export async function forgetPreImages(tables: TableWriter, run: string): Promise<void> {
  for (;;) {
    const rows = await tables.transaction((q) =>
      q.query(
        `delete from lockstep.pre_images where seq in (select seq from lockstep.pre_images where run = $1 limit $2) returning 1`,
        [run, forgottenAtOnce],
      ),
    )
    if (rows.length < forgottenAtOnce) return
  }
}
