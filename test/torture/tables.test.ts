import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { md5 } from '../../src/kernel/checksum.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createPostgresServer } from '../../src/local/postgres/server.ts'
import type { DocumentWriter } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'
import { catalogOf } from '../laws/world.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { full } from './both-stores.ts'
import type { Stores } from './both-stores.ts'
import { lockstepHere } from './here.ts'
import { killed } from './kills.ts'
import { ask } from './oracle.ts'
import { lockstep, succeed } from './processes.ts'
import { createRandom, seed } from './seeded.ts'
import { dumpOf, fleetShapes, wrongRows } from './table-check.ts'
import type { Eyes } from './table-check.ts'
import { addEntity, startTableClient } from './table-clients.ts'
import type { Role, TableClient, TableWorld } from './table-clients.ts'
import { migration, schemaSql, writeProject } from './table-scene.ts'

const size = full
  ? { tenants: 400, rows: 40_000, kills: 12, pause: 1, births: 300, soak: 5_000, within: 6_000 }
  : { tenants: 3, rows: 1_600, kills: 1, pause: 20, births: 3_000, soak: 300, within: 1_500 }

/** `lock_timeout`, a batch, and what two loaded cores add; a wait above it is a hang and no delay. */
const hang = 30_000

const postgres = await startRealPostgres()
describe('every change of tables, on PostgreSQL', needs(postgres, 'no PostgreSQL server'), () => {
  torture(async () => {
    if (postgres === undefined) throw new Error('no PostgreSQL server')
    const firestore = await createFirestoreServer()
    const close = async (): Promise<void> => void (await Promise.all([firestore.close(), postgres.stop()]))
    return { host: firestore.host, url: postgres.url, close }
  }, true)
})
const onPglite = postgres === undefined || full ? describe : undefined
onPglite?.('every change of tables, on PGlite', () => {
  torture(async () => {
    const [firestore, tables] = [await createFirestoreServer(), await createPostgresServer()]
    const close = async (): Promise<void> => void (await Promise.all([firestore.close(), tables.close()]))
    return { host: firestore.host, url: tables.url, close }
  }, false)
})

function torture(open: () => Promise<Stores>, isReal: boolean): void {
  const timeout = full ? 3_600_000 : 300_000
  const random = createRandom(seed)
  const project = `demo-tables-${process.pid}-${isReal ? 'real' : 'embedded'}`
  let stores: Stores
  let documents: DocumentWriter
  let folder: string
  let env: NodeJS.ProcessEnv
  let world: TableWorld
  let clients: TableClient[] = []
  let before: unknown
  let shapes: unknown

  beforeAll(async () => {
    stores = await open()
    folder = mkdtempSync(join(tmpdir(), 'lockstep-tables-'))
    writeProject(folder, project)
    env = { FIRESTORE_EMULATOR_HOST: stores.host, DATABASE_URL: stores.url, GOOGLE_CLOUD_PROJECT: project, CI: 'true' }
    documents = await createFirestoreDocuments({ projectId: project, emulatorHost: stores.host })
    let n = 1_000_000
    const phase = async (): Promise<string> => {
      const [state] = await documents.get(['_lockstep/state'])
      const found = state?.fields[migration]
      return found !== undefined && 'stringValue' in found ? found.stringValue : 'absent'
    }
    const longest = { milliseconds: 0, what: '' }
    world = { url: stores.url, random, entities: [], next: () => ++n, phase, errors: [], longest, statements: 0 }
    await fill()
    ;[before, shapes] = [await catalog(), await fleetShapes(stores.url)]
  }, timeout)

  afterAll(async () => {
    await stop()
    await documents?.close()
    await stores?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const fill = async (): Promise<void> => {
    await ask(stores.url, schemaSql(size.rows))
    for (let t = 0; t < size.tenants; t++) {
      const table = `user_table_${md5(`u${t}`)}`
      await ask(stores.url, `insert into app_users values ('u${t}'); select create_user_table('u${t}')`)
      await ask(
        stores.url,
        `insert into ${table} select n, 'l' || n, n, null, 7, 'c' || n, n % 90, n % 50 from generate_series(1, 10) n`,
      )
      for (let id = 1; id <= 10; id++) addEntity(world, table, { ...rowOf(id), status: null, kind: 7 }, id)
    }
    for (let id = 1; id <= size.rows; id++) addEntity(world, 'orders', rowOf(id), id)
  }

  const rowOf = (n: number) =>
    ({
      label: `l${n}`,
      cents: n,
      status: n % 2 === 0 ? 'paid' : null,
      kind: 3,
      code: `c${n}`,
      age: n % 90,
      points: n % 50,
    }) as const

  /** What the catalog and, where it is there, the server's own program say of all but tenants that were born since. */
  const catalog = async (): Promise<unknown> => {
    const tables = await createPostgresTables({ url: stores.url })
    try {
      return { catalog: await catalogOf(tables), dump: isReal ? dumpOf(stores.url) : undefined }
    } finally {
      await tables.close()
    }
  }

  const start = async (...roles: readonly Role[]): Promise<void> => {
    await stop()
    clients = await Promise.all(
      roles.map((role) => startTableClient(world, role, role === 'births' ? size.births : size.pause)),
    )
  }

  const stop = async (): Promise<void> => {
    await Promise.all(clients.splice(0).map((client) => client.stop()))
  }

  const state = async (): Promise<string | undefined> => {
    const { stdout } = await succeed(lockstepHere(['status', '--json'], folder, env))
    return (JSON.parse(stdout) as { migrations: { state: string }[] }).migrations[0]?.state
  }

  /** With kills at random moments, and then to its end. */
  const run = async (args: readonly string[], end: string): Promise<void> => {
    await killed(args, size.kills, { folder, env, random, milliseconds: size.within })
    if ((await state()) !== end) await succeed(lockstep(args, folder, env))
    expect(await state()).toBe(end)
  }

  const expectRows = async (eyes: Eyes): Promise<void> => {
    await stop()
    expect(world.errors).toEqual([])
    expect((await wrongRows(world, eyes)).join('\n')).toBe('')
  }

  /** Your own SQL comes to tenants that were born since with the next sweep, all else at their birth. */
  const expectVerified = async (): Promise<void> => {
    const { stdout, stderr } = await succeed(lockstepHere(['verify', '--level', 'full'], folder, env), [0, 5])
    const found = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('x step'))
    expect(found.filter((line) => !line.includes('its verify finds'))).toEqual([])
  }

  it('up is killed while clients of both shapes write and tenants are born: no row is lost', { timeout }, async () => {
    await start('old', 'old', 'new', 'births')
    await run(['up'], 'soaking')
    await sleep(size.soak)
    await expectRows('both')
    await expectVerified()
  })

  it('down is killed while old clients write: the catalog is as it was, every row too', { timeout }, async () => {
    await start('old', 'old', 'births')
    await run(['down', '--yes'], 'rolled back')
    await expectRows('old')
    const alike = (await fleetShapes(stores.url)).map(({ shape }) => shape)
    expect(alike).toEqual((shapes as readonly Record<string, unknown>[]).map(({ shape }) => shape))
    await forgetBorn()
    expect(await catalog()).toEqual(before)
  })

  it(
    'up once more, and complete, is killed while clients write: the new shape is left alone',
    { timeout },
    async () => {
      for (const entity of world.entities) {
        entity.untouched = true
        // Values of a column that went back are in the ledger; the column comes anew.
        if (entity.row !== undefined) entity.row = { ...entity.row, language: undefined }
      }
      await start('old', 'new', 'births')
      await run(['up'], 'soaking')
      await expectRows('both')
      await start('new', 'new', 'births')
      await run(['complete', '--yes'], 'completed')
      await expectRows('new')
      await succeed(lockstepHere(['verify', '--level', 'full'], folder, env))
      const found = await fleetShapes(stores.url)
      for (const kind of ['user_notes', 'user_table']) {
        const [usual, ...odd] = found.filter(({ shape }) => String(shape).startsWith(kind)).map(({ shape }) => shape)
        for (const shape of odd) expect(shape).toBe(usual)
      }
      const { milliseconds, what } = world.longest
      console.log(
        `${world.statements} statements of clients on ${isReal ? 'PostgreSQL' : 'PGlite'}, no error; the longest wait took ${Math.round(milliseconds)} ms: ${what}`,
      )
      expect(milliseconds).toBeLessThan(hang)
    },
  )

  /** Tenants that were born meanwhile go, so that the catalog can be compared. */
  async function forgetBorn(): Promise<void> {
    const seeds = new Set(Array.from({ length: size.tenants }, (_, t) => md5(`u${t}`)))
    const born = (await ask(stores.url, `select uid, md5(uid) as key from app_users`)).filter(
      ({ key }) => !seeds.has(String(key)),
    )
    for (const { uid, key } of born) {
      await ask(
        stores.url,
        `drop table user_table_${String(key)}; drop table user_notes_${String(key)}; delete from app_users where uid = '${String(uid)}'`,
      )
    }
    const keys = new Set(born.map(({ key }) => `user_table_${String(key)}`))
    world.entities.splice(0, Infinity, ...world.entities.filter(({ table }) => !keys.has(table)))
    expect(born.length).toBeGreaterThan(0)
  }
}
