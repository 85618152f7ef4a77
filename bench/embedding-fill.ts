import { parseArgs } from 'node:util'
import pg from 'pg'
import { defineModel } from '../src/embeddings/embedder.ts'
import type { Embedder } from '../src/embeddings/embedder.ts'
import { systemClock } from '../src/kernel/clock.ts'
import { insertRun } from '../src/ledger/runs.ts'
import { ensureLedger } from '../src/ledger/schema.ts'
import { claimShard, insertShards } from '../src/ledger/shards.ts'
import type { WorkPhase } from '../src/operations/operation.ts'
import {
  resizeEmbeddings,
  resizeEmbeddingsStep,
} from '../src/operations/postgres/resize-embeddings/resize-embeddings.ts'
import { createTableHands } from '../src/run/table-hands.ts'
import { createPostgresTables } from '../src/stores/postgres/postgres-tables.ts'
import type { TableWriter } from '../src/stores/tables.ts'
import { startRealPostgres } from '../test/stores/real-postgres.ts'
import { copyIn } from './measuring/copy-in.ts'
import { runSql } from './measuring/stores.ts'
import { median, renderTable } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '20000' },
    dimensions: { type: 'string', default: '1536' },
  },
})
const [rows, dimensions] = [Number(values.rows), Number(values.dimensions)]

const postgres = await startRealPostgres()
if (postgres?.vector !== true) throw new Error('this benchmark needs PostgreSQL with pgvector: see .ci/stores')
const { url } = postgres
const tables = await createPostgresTables({ url })

/** Answers at once, with vectors that were made before. */
const ready = Array.from({ length: 64 }, (_, n) =>
  Float32Array.from({ length: dimensions }, (__, at) => Math.sin(n * 31 + at)),
)
const vectorOf = (n: number): Float32Array => ready[n % ready.length] ?? new Float32Array(dimensions)
const embedder: Embedder = {
  model: defineModel({ provider: 'ready', model: 'ready', dimensions, normalised: false }),
  embed: async (texts) => texts.map((_, n) => ({ vector: vectorOf(n) })),
}

const text =
  'what the customer asked and what was answered, in some twenty words or so, as it is in most tables of that kind'
const seed = `drop schema if exists lockstep, lockstep_vectors, lockstep_next, lockstep_past cascade;
  create extension if not exists vector; drop table if exists documents, plain, bare;
  create table documents (id int primary key, content text, embedding vector(8));
  insert into documents select n, '${text} ' || n, null from generate_series(1, ${rows}) n; vacuum analyze documents;
  create table plain (id int primary key, content text, embedding vector(${dimensions}));
  create table bare (id int primary key, content text, embedding vector(${dimensions})); alter table bare alter embedding set storage main;
  alter table bare set (toast_tuple_target = 8160); checkpoint`

async function fresh(): Promise<void> {
  for (const statement of seed.split(';')) await runSql(url, statement)
}

const cpu = (): number => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6

interface Measured {
  readonly seconds: number
  readonly cpu: number
}

async function measured(work: () => Promise<unknown>): Promise<Measured> {
  const [started, used] = [performance.now(), cpu()]
  await work()
  return { seconds: (performance.now() - started) / 1000, cpu: cpu() - used }
}

/** Rows that are ready, in binary, into a table with the same key and nothing else: one COPY. */
async function raw(table: 'plain' | 'bare'): Promise<Measured> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await measured(() => copyIn(client, `copy ${table} from stdin (format binary)`, readyRows()))
  } finally {
    await client.end()
  }
}

function* readyRows(): Generator<Buffer> {
  yield Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
  for (let n = 1; n <= rows; n++) {
    const content = Buffer.from(`${text} ${n}`)
    const vector = Buffer.from(vectorOf(n).slice().buffer).swap32()
    const row = Buffer.alloc(2 + 8 + 4 + content.length + 8)
    let at = row.writeInt16BE(3, 0)
    at = row.writeInt32BE(4, at)
    at = row.writeInt32BE(n, at)
    at = row.writeInt32BE(content.length, at)
    at += content.copy(row, at)
    at = row.writeInt32BE(4 + vector.length, at)
    at = row.writeInt16BE(dimensions, at)
    row.writeInt16BE(0, at)
    yield Buffer.concat([row, vector])
  }
  yield Buffer.from([0xff, 0xff])
}

const spec = resizeEmbeddings.parse(
  resizeEmbeddingsStep('documents', {
    column: 'embedding',
    from: 'content',
    embedder: 'ready',
    dimensions,
    index: 'none',
  }).spec,
)

/** The phase as a run does it: ledger, fences and checkpoints, reading, comparing, draining. */
async function phase(name: Exclude<WorkPhase, 'revert'>): Promise<Measured> {
  const id = `bench/0/${name}/0/0`
  const shard = await claimShard(tables, id, 'bench')
  if (shard === undefined) throw new Error(`no shard ${id}`)
  const { signal } = new AbortController()
  const hands = createTableHands({
    tables,
    shard,
    clock: systemClock,
    signal,
    emit: () => {},
    embedder: async () => embedder,
  })
  const work = {
    spec,
    memo: { had: [], excluded: [], strict: true },
    phase: name,
    scope: shard.scope,
    cursor: undefined,
    signal,
  }
  return measured(async () => {
    for await (const _ of resizeEmbeddings.apply(work, hands)) void _
  })
}

async function prepare(): Promise<void> {
  await fresh()
  await ensureLedger(tables)
  const steps = [{ kind: 'resizeEmbeddings', memo: null }]
  const scope = { schema: 'public', tables: ['documents'] }
  await tables.transaction(async (q) => {
    await insertRun(q, { id: 'bench', migration: 'bench', checksum: '{}', plan: {}, actor: 'bench', steps })
    const shards = (['expand', 'backfill'] as const).map((each) => ({ phase: each, stage: 0, scope, estimate: 1 }))
    for (const each of shards) await insertShards(q, { run: 'bench', step: 0, round: 0, shards: [each] })
  })
  await makeStore(tables)
  await phase('expand')
}

async function makeStore(writer: TableWriter): Promise<void> {
  const { vectorStore } = await import('../src/operations/postgres/resize-embeddings/vector-store.ts')
  await writer.transaction((q) => q.script(vectorStore.create.join(';\n')))
}

/** One table as anybody makes it, and one that keeps its rows whole, as the twin does while it is filled. */
const contenders = ['plain', 'bare', 'fill'] as const
type Contender = (typeof contenders)[number]

const results: Readonly<Record<Contender, Measured>>[] = []
try {
  for (let round = 0; round <= Number(values.rounds); round++) {
    await prepare()
    const line: Partial<Record<Contender, Measured>> = {}
    // Whoever comes first meets the emptiest server: each in its turn.
    for (let turn = 0; turn < contenders.length; turn++) {
      const of = contenders[(round + turn) % contenders.length] ?? 'fill'
      line[of] = of === 'fill' ? await phase('backfill') : await raw(of)
      await runSql(url, 'checkpoint')
    }
    await check()
    console.error(`round ${round}: ${JSON.stringify(line)}`)
    const { plain, bare, fill } = line
    // The first round only warms the server.
    if (plain !== undefined && bare !== undefined && fill !== undefined && (round > 0 || values.rounds === '0'))
      results.push({ plain, bare, fill })
  }
  const speed = (of: Contender): string =>
    Math.round(rows / median(results.map((each) => each[of].seconds))).toLocaleString('en')
  const ratio = (of: Contender, to: Contender): string =>
    median(results.map((each) => each[to].seconds / each[of].seconds)).toFixed(2)
  const told: Readonly<Record<Contender, string>> = {
    plain: 'binary COPY of ready rows into a plain table',
    bare: 'binary COPY of ready rows into one that keeps rows whole',
    fill: 'the fill, its embedder answering at once',
  }
  console.log(`\n${rows} rows of ${dimensions} dimensions, ${results.length} rounds:\n`)
  console.log(
    renderTable(
      ['', 'rows a second', 'of plain', 'of whole rows'],
      contenders.map((each) => [told[each], speed(each), ratio(each, 'plain'), ratio(each, 'bare')]),
    ),
  )
} finally {
  await tables.close()
  await postgres.stop()
}

async function check(): Promise<void> {
  const [row] = await tables.read((q) =>
    q.query<{ n: number }>(
      'select count(t.embedding)::int as n from lockstep_next.documents t join documents s using (id, content)',
    ),
  )
  if (row?.n !== rows) throw new Error(`${row?.n} of ${rows} rows are filled`)
}
