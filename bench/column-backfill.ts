import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { syncCompanion, triggerSql } from '../src/operations/column-sync.ts'
import type { ColumnPair } from '../src/operations/column-pair.ts'
import { startRealPostgres } from '../test/stores/real-postgres.ts'
import type { Measurement } from './contenders/measured.mjs'
import { runContender } from './measuring/child.ts'
import { runSql } from './measuring/stores.ts'
import { median, renderTable } from './measuring/table.ts'
import { startWriters } from './measuring/writers.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    rows: { type: 'string', default: '1000000' },
    writers: { type: 'string', default: '2' },
    profile: { type: 'string' },
  },
})
const rows = Number(values.rows)

/** A narrow table; every contender fills a new column of it that a trigger keeps in step. */
const seed = `drop table if exists orders;
  create table orders (id bigint primary key, cents integer not null, note text);
  insert into orders select n, n % 100000, 'order ' || n from generate_series(1, ${rows}) n;
  vacuum analyze orders`

const pair: ColumnPair = {
  old: 'cents',
  new: 'amount',
  type: 'numeric(12,2)',
  up: 'cents / 100.0',
  down: 'round(amount * 100)',
  default: undefined,
  leave: [],
  tag: 'beacbeac',
}
const step = `postgres.convertColumn('orders', 'cents', { to: 'numeric(12,2)', up: 'cents / 100.0', down: 'round(amount * 100)', as: 'amount' })`
const server = fileURLToPath(new URL('contenders/local-firestore.mjs', import.meta.url))
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

const postgres = await startRealPostgres()
if (postgres === undefined) throw new Error('this benchmark needs PostgreSQL: see .ci/stores')
const { url } = postgres

async function fresh(): Promise<void> {
  await runSql(url, 'drop schema if exists lockstep cascade')
  await runSql(url, 'drop schema if exists pgboss cascade')
  await runSql(url, 'drop schema if exists lockstep_sync cascade')
  for (const statement of seed.split(';')) await runSql(url, statement)
  await runSql(url, 'checkpoint')
}

/** One statement over all rows, with the same trigger. */
async function bound(): Promise<number> {
  await fresh()
  for (const statement of syncCompanion(pair).create) await runSql(url, statement)
  await runSql(url, `alter table orders add column amount numeric(12,2); ${triggerSql(pair, 'orders')}`)
  return seconds(() => runSql(url, 'update orders set amount = (cents / 100.0)::numeric(12,2)'))
}

async function lockstep(): Promise<Measurement> {
  const firestore = spawn(process.execPath, [server], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [host] = (await once(createInterface(firestore.stdout), 'line')) as [string]
    const flags = values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile]
    const task = { host, project: 'bench-column', url, step }
    const measured = await runContender({ name: 'lockstep', program: 'lockstep-column' }, task, flags)
    await runSql(
      url,
      `do $$ begin if exists (select from orders where amount is distinct from (cents / 100.0)::numeric(12,2))
       then raise 'a row is out of step'; end if; end $$`,
    )
    return measured
  } finally {
    firestore.kill()
  }
}

/** Old clients, new clients and new rows by turns. */
function write(n: number): string {
  const id = 1 + ((n * 7919) % rows)
  if (n % 3 === 0) return `update orders set cents = cents + 1 where id = ${id}`
  if (n % 3 === 1) return `update orders set amount = ${n % 1000}.25 where id = ${id}`
  return `insert into orders (id, cents) values (${rows + 10 + n}, ${n})`
}

async function columnThere(): Promise<boolean> {
  const client = new pg.Client(url)
  await client.connect()
  const { rowCount } = await client.query(
    `select from pg_attribute where attrelid = 'orders'::regclass and attname = 'amount'`,
  )
  await client.end()
  return (rowCount ?? 0) > 0
}

const results: { bound: number; pass: number; phase: number }[] = []
try {
  for (let round = 0; round <= Number(values.rounds); round++) {
    const first = round % 2 === 0 ? await bound() : undefined
    await fresh()
    const parts = (await lockstep()).parts ?? {}
    const line = { bound: first ?? (await bound()), pass: parts['backfill pass'] ?? 0, phase: parts['backfill'] ?? 0 }
    console.error(`round ${round}: ${JSON.stringify(line)} ${JSON.stringify(parts)}`)
    // The first round only warms the server.
    if (round > 0 || values.rounds === '0') results.push(line)
  }
  const ratio = (of: 'pass' | 'phase'): string => median(results.map((each) => each.bound / each[of])).toFixed(2)
  const speed = (each: number): string => Math.round(rows / each).toLocaleString('en')
  console.log(`\n${rows} rows, ${results.length} rounds:\n`)
  console.log(
    renderTable(
      ['', 'of the bound', 'rows a second, each round'],
      [
        ['single UPDATE, same trigger', '1.00', results.map((each) => speed(each.bound)).join(' ')],
        ['lockstep, the pass', ratio('pass'), results.map((each) => speed(each.pass)).join(' ')],
        ['lockstep, phase with its sweep', ratio('phase'), results.map((each) => speed(each.phase)).join(' ')],
      ],
    ),
  )
  await fresh()
  await runSql(url, 'create index on orders (note)')
  const before = startWriters(url, Number(values.writers), (n) => write(n * 3))
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const alone = await before.stop()
  // New clients come when their column is there.
  let both = false
  const writers = startWriters(url, Number(values.writers), (n) => write(both ? n : n * 3))
  const asking = setInterval(() => void columnThere().then((there) => (both ||= there)), 100)
  const total = await seconds(lockstep)
  clearInterval(asking)
  const written = await writers.stop()
  const at = (waits: readonly number[], share: number): string =>
    (waits[Math.floor(waits.length * share)] ?? 0).toFixed(1)
  console.log(
    `\nwith ${values.writers} writers: ${total.toFixed(1)} s for plan and up, ${written.count} writes, ${written.errors.length} errors ${written.errors[0] ?? ''}`,
  )
  for (const [name, { waits }] of [
    ['before', alone],
    ['during', written],
  ] as const)
    console.log(`waits ${name}: p50 ${at(waits, 0.5)} ms, p99 ${at(waits, 0.99)} ms, longest ${at(waits, 0.999999)} ms`)
} finally {
  await postgres.stop()
}
