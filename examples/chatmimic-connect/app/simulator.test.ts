import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { Firestore, Timestamp } from '@google-cloud/firestore'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startOfficialEmulator } from '../../../test/stores/official-emulator.ts'
import { needs } from '../../../test/stores/skips.ts'
import { noCredentials, seedFirestore } from '../seed/seed-firestore.ts'
import { seedTables } from '../seed/seed-tables.ts'
import { tenantKey, tenantUid } from '../seed/tenant-plan.ts'
import { checkNothingLost } from './check-nothing-lost.ts'
import { absent, type WriteEvent } from './expectations.ts'
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
  type SimulatorReport,
  type SqlClient,
} from './simulator.ts'

const emulator = await startOfficialEmulator()
const projectId = `demo-simulator-${process.pid}`
const seed = { seed: 'simulator', tenants: 4, documents: 600, embeddingsPerTenant: 3 }
const uids = Array.from({ length: 4 }, (_, index) => tenantUid(seed.seed, index))

describe('the simulator on live stores', needs(emulator, 'no Firestore emulator found'), () => {
  const firestore = new Firestore({
    projectId,
    host: emulator?.host ?? '127.0.0.1:1',
    ssl: false,
    credentials: noCredentials,
  })
  const folder = mkdtempSync(join(tmpdir(), 'chatmimic-'))
  let pg: PGlite

  beforeAll(async () => {
    pg = await PGlite.create({ extensions: { vector } })
    await pg.exec(readFileSync(new URL('../sql/schema.sql', import.meta.url), 'utf8'))
    const emulatorHost = emulator?.host ?? ''
    await Promise.all([seedFirestore({ ...seed, projectId, emulatorHost }), seedTables(pg, seed)])
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await Promise.all([firestore.terminate(), pg.close(), emulator?.stop()])
  })

  const create = (more: Partial<SimulatorOptions> = {}): Simulator =>
    createSimulator({
      firestore,
      pg,
      seed: 'clients',
      version: 'both',
      rate: 100,
      tenants: uids,
      rewriteChats: true,
      ...more,
    })

  /** Runs until the log shows as many acknowledged writes. */
  async function work(file: string, writes: number, more: Partial<SimulatorOptions> = {}): Promise<SimulatorReport> {
    const log = join(folder, file)
    const simulator = create({ ...more, log })
    simulator.start()
    await vi.waitFor(() => expect(acknowledged(log)).toBeGreaterThan(writes), { timeout: 50_000, interval: 50 })
    return simulator.stop()
  }

  const acknowledged = (log: string): number => readFileSync(log, 'utf8').split('"acknowledged"').length - 1

  const lines = (log: string): WriteEvent[] =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as WriteEvent)

  const target = (report: readonly { target: string }[], pattern: RegExp): string => {
    const found = report.map(({ target }) => target).find((name) => pattern.test(name))
    if (found === undefined) throw new Error(`no write matches ${pattern}`)
    return found
  }

  test('the emulator holds the values exactly as generated', async () => {
    const user = await firestore.doc(`Users/${uids[0]}`).get()
    expect(user.get('workflows.whatsapp_agent.limit')).toBeTypeOf('number')
    expect(user.get('workflows.whatsapp_agent.reset_date')).toBeInstanceOf(Timestamp)
    expect((await firestore.collection('Users').count().get()).data().count).toBe(4)
    expect((await firestore.collectionGroup('messages').count().get()).data().count).toBeGreaterThan(400)
  })

  test('clients of both versions work without an error, and nothing that they wrote is lost', async () => {
    const report = await work('quiet.ndjson', 300)
    expect(report.errors).toEqual([])
    expect(report).toMatchObject({ errorCount: 0, abandoned: 0, unacknowledged: 0 })
    expect(report.operations.incomingMessage).toBeGreaterThan(10)
    expect(report.operations.rewriteChat).toBeGreaterThan(0)
    const log = join(folder, 'quiet.ndjson')
    expect(await checkNothingLost({ firestore, pg }, report)).toEqual([])
    expect(await checkNothingLost({ firestore, pg }, log)).toEqual([])
    const rewritten = lines(log).filter((line) => line.op === 'rewriteChat')
    for (const line of rewritten) expect(line.fields['language']).toEqual([absent, 'en'])
  })

  test('a new client uses the language column as soon as it is there', async () => {
    for (const uid of uids)
      await pg.query(`alter table user_table_${tenantKey(uid)} add column language text default 'en'`)
    const simulator = create({ version: 'new', rewriteChats: false })
    simulator.start()
    const written = async (): Promise<number> => {
      const tables = uids.map((uid) => `select language from user_table_${tenantKey(uid)}`).join(' union all ')
      return (await pg.query(`select 1 from (${tables}) t where language <> 'en'`)).rows.length
    }
    await vi.waitFor(async () => expect(await written()).toBeGreaterThan(0), { timeout: 50_000, interval: 100 })
    const report = await simulator.stop()
    expect(report.errors).toEqual([])
    expect(await checkNothingLost({ firestore, pg }, report)).toEqual([])
    const row = target(
      report.expectations.filter((entry) => entry.fields['language']),
      /^user_table_/,
    )
    const [table, id] = row.split('#')
    await pg.query(`update ${table} set language = 'xx' where id = $1`, [id])
    expect(await checkNothingLost({ firestore, pg }, report)).toEqual([
      { store: 'postgres', target: row, field: 'language' },
    ])
    await pg.query(`alter table ${table} drop column language`)
    expect((await checkNothingLost({ firestore, pg }, report)).map((loss) => loss.field)).toContain('language')
    expect(await checkNothingLost({ firestore, pg }, report, { except: ['language'] })).toEqual([])
  })

  test('each kind of loss is found and named', async () => {
    const report = await work('losses.ndjson', 250)
    const stores = { firestore, pg }
    const log = join(folder, 'losses.ndjson')
    expect(await checkNothingLost(stores, report)).toEqual([])
    const all = lines(log)
    const live = all.filter((line) => !all.some((other) => other.target === line.target && other.write === 'delete'))
    const chat = target(
      live.filter((line) => line.fields['lastMessage']?.[0]),
      /chats\/\d+$/,
    )
    const message = target(all, /messages\//)
    const stored = target(all, /^user_embeddings_/)
    const [table, id] = stored.split('#')
    await firestore.doc(chat).update({ lastMessage: 'overwritten by a stale page' })
    await firestore.doc(message).delete()
    await pg.query(`update ${table} set embedding = null where id = $1`, [id])
    const expected = [
      { store: 'firestore', target: chat, field: 'lastMessage' },
      { store: 'firestore', target: message, field: '' },
      { store: 'postgres', target: stored, field: 'embedding' },
    ]
    const losses = await checkNothingLost(stores, log)
    expect(losses).toHaveLength(3)
    expect(losses).toEqual(expect.arrayContaining(expected))
    await pg.query(`drop table ${table}`)
    expect(await checkNothingLost(stores, log)).toContainEqual({ store: 'postgres', target: stored, field: '' })
    await pg.query('select create_user_table($1)', [uids.find((uid) => table?.endsWith(tenantKey(uid))) ?? ''])
  })

  test('a chat that comes back after it was deleted, and a wrong language, are losses', async () => {
    const name = `Whatsapp_Data/${uids[0]}/chats/999000000001`
    const set = { at: '', op: 'test', store: 'firestore', target: name, outcome: 'acknowledged' } as const
    const base: SimulatorReport = await create().stop()
    const fields = { language: [{ $absent: true }, 'en'] }
    const gone = { ...base, expectations: [{ store: set.store, target: name, exists: [false], fields: {} }] }
    const unset = { ...base, expectations: [{ store: set.store, target: name, exists: [true], fields }] }
    expect(await checkNothingLost({ firestore, pg }, gone)).toEqual([])
    await firestore.doc(name).set({ status: 'open' })
    expect(await checkNothingLost({ firestore, pg }, gone)).toEqual([{ store: 'firestore', target: name, field: '' }])
    expect(await checkNothingLost({ firestore, pg }, unset)).toEqual([])
    await firestore.doc(name).set({ status: 'open', language: 'en' })
    expect(await checkNothingLost({ firestore, pg }, unset)).toEqual([])
    await firestore.doc(name).set({ status: 'open', language: 'de' })
    expect(await checkNothingLost({ firestore, pg }, unset)).toEqual([
      { store: 'firestore', target: name, field: 'language' },
    ])
  })

  test('an error of a store is an error of the simulator, with operation, name and code', async () => {
    const query = vi.fn<SqlClient['query']>(() =>
      Promise.reject(Object.assign(new Error('permission denied'), { code: '42501' })),
    )
    const simulator = create({ pg: { query } })
    simulator.start()
    await vi.waitFor(() => expect(query).toHaveBeenCalled(), { timeout: 10_000 })
    const report = await simulator.stop()
    expect(report.errorCount).toBeGreaterThan(0)
    expect(report.errors[0]).toMatchObject({ code: '42501', message: 'permission denied' })
  })

  test('connections that drop are repeated: the first answer to each write is lost, nothing else is', async () => {
    const answered = new Set<string>()
    const shaky = {
      query: async (sql: string, params?: unknown[]) => {
        const result = await pg.query<Record<string, unknown>>(sql, params)
        const write = `${sql} ${String(params)}`
        if (/^(insert|update) /.test(sql) && answered.size < answered.add(write).size)
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
        return result
      },
    }
    const report = await work('shaky.ndjson', 300, { pg: shaky })
    expect(report.errors).toEqual([])
    expect(report.retries).toBeGreaterThan(0)
    expect(report.operations.addEmbedding).toBeGreaterThan(0)
    expect(await checkNothingLost({ firestore, pg }, report)).toEqual([])
    const tables = uids.map((uid) => `select content from user_embeddings_${tenantKey(uid)}`).join(' union all ')
    const twice = `select content from (${tables}) t where content ~ '[0-9a-f-]{36}$' group by content having count(*) > 1`
    expect((await pg.query(twice)).rows).toEqual([])
  })
})

test('a simulator without tenants is refused', () => {
  const firestore = new Firestore({ projectId, host: '127.0.0.1:1', ssl: false, credentials: noCredentials })
  const pg = { query: () => Promise.reject(new Error('not asked')) }
  const options = { firestore, pg, seed: 's', version: 'old', rate: 1, tenants: [] } as const
  expect(() => createSimulator(options)).toThrow('no tenant')
})
