import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createPostgresServer } from '../../src/local/postgres/server.ts'
import type { DocumentWriter } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { ask, misshapenTables, takePicture, timesChanged, touchedBy } from './oracle.ts'
import type { Picture } from './oracle.ts'
import { lockstep, start, succeed } from './processes.ts'
import type { Running } from './processes.ts'

const full = process.env['LOCKSTEP_TORTURE'] === 'full'
const size = full
  ? { documents: 100_000, tenants: 5_000, kills: 20, killsBack: 10, rate: 60 }
  : { documents: 6_000, tenants: 300, kills: 6, killsBack: 3, rate: 40 }
const seed = Number(process.env['LOCKSTEP_SEED'] ?? 20_261_122)
const example = fileURLToPath(new URL('../../examples/chatmimic-connect', import.meta.url))
const migration = '20261122093000_chats_know_their_language'
const chatName = /^Whatsapp_Data\/[^/]+\/chats\/[^/]+$/

interface Stores {
  readonly host: string
  readonly url: string
  close(): Promise<void>
}

const emulator = await startOfficialEmulator()
const postgres = await startRealPostgres()
const missing = emulator === undefined ? 'no official Firestore emulator' : 'no PostgreSQL with pgvector'
const real = emulator !== undefined && postgres?.vector === true

describe('on the official emulator and PostgreSQL', needs(real ? emulator : undefined, missing), () => {
  torture(async () => {
    const [firestore, tables] = [emulator, postgres]
    if (firestore === undefined || tables === undefined) throw new Error(missing)
    return {
      host: firestore.host,
      url: tables.url,
      close: async () => void (await Promise.all([firestore.stop(), tables.stop()])),
    }
  })
})

describe('on the embedded stores', () => {
  torture(async () => {
    const firestore = await createFirestoreServer()
    const tables = await createPostgresServer()
    return {
      host: firestore.host,
      url: tables.url,
      close: async () => void (await Promise.all([firestore.close(), tables.close()])),
    }
  })
})

function torture(open: () => Promise<Stores>): void {
  const timeout = full ? 7_200_000 : 400_000
  let stores: Stores
  let documents: DocumentWriter
  let folder: string
  let env: NodeJS.ProcessEnv
  let seeded: Picture
  const project = `demo-torture-${process.pid}-${Math.floor(Math.random() * 1e6)}`
  const random = createRandom(seed)

  beforeAll(async () => {
    stores = await open()
    folder = mkdtempSync(join(tmpdir(), 'lockstep-torture-'))
    mkdirSync(join(folder, 'migrations'))
    cpSync(join(example, 'migrations', `${migration}.ts`), join(folder, 'migrations', `${migration}.ts`))
    writeFileSync(
      join(folder, 'lockstep.config.ts'),
      readFileSync(join(example, 'lockstep.config.ts'), 'utf8').replace("'demo-chatmimic'", `'${project}'`),
    )
    env = { FIRESTORE_EMULATOR_HOST: stores.host, DATABASE_URL: stores.url, GOOGLE_CLOUD_PROJECT: project, CI: 'true' }
    await ask(stores.url, readFileSync(join(example, 'sql/schema.sql'), 'utf8'))
    const amounts = [
      '--tenants',
      String(size.tenants),
      '--documents',
      String(size.documents),
      '--embeddings',
      '1',
      '--no-embeddings-index',
    ]
    await succeed(start('examples/chatmimic-connect/bin/seed.mjs', amounts, env))
    documents = await createFirestoreDocuments({ projectId: project, emulatorHost: stores.host })
    seeded = await takePicture(documents, stores.url)
    expect(seeded.documents.size).toBe(size.documents)
  }, timeout)

  afterAll(async () => {
    await documents?.close()
    await stores?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const simulate = async (name: string): Promise<{ readonly journal: string; readonly running: Running }> => {
    const journal = join(folder, `${name}.ndjson`)
    const args = ['--tenants', String(size.tenants), '--rate', String(size.rate), '--patience', '60', '--log', journal]
    const running = start('examples/chatmimic-connect/bin/simulate.mjs', args, env)
    await running.said('simulator running')
    return { journal, running }
  }

  const stop = async (
    { journal, running }: { readonly journal: string; readonly running: Running },
    except: readonly string[] = [],
  ): Promise<void> => {
    running.child.kill('SIGTERM')
    await succeed(running)
    const check = ['--check', journal, ...(except.length > 0 ? ['--except', except.join(',')] : [])]
    await succeed(start('examples/chatmimic-connect/bin/simulate.mjs', check, env))
  }

  /** Starts the command again and again and kills each at a moment of its own, then lets it end. */
  const killed = async (args: readonly string[], times: number): Promise<number> => {
    let kills = 0
    for (let n = 0; n < times; n++) {
      const running = lockstep([...args, '--format', 'ndjson'], folder, env)
      await running.printed('phase-started')
      const ended = await Promise.race([running.finished, sleep(random() * (full ? 5_000 : 300))])
      if (ended !== undefined) break
      running.child.kill('SIGKILL')
      await running.finished
      kills++
    }
    return kills
  }

  it(`up is killed ${size.kills} times while the app writes, and ends as if it never was`, { timeout }, async () => {
    const app = await simulate('there')
    const kills = await killed(['up'], size.kills)
    await succeed(lockstep(['up'], folder, env))
    await stop(app)
    expect(kills).toBeGreaterThan(0)
    const touched = await touchedBy([app.journal])
    const now = await takePicture(documents, stores.url)
    const wrong: string[] = []
    for (const [name, { rest, language }] of seeded.documents) {
      if (touched.has(name)) continue
      const found = now.documents.get(name)
      const expected = chatName.test(name) ? (language ?? '{"stringValue":"en"}') : language
      if (found?.rest !== rest || found.language !== expected) wrong.push(name)
    }
    expect(wrong).toEqual([])
    const missed = [...now.documents].filter(
      ([name, { language }]) => chatName.test(name) && language === undefined && !touched.has(name),
    )
    expect(missed).toEqual([])
    expect(await misshapenTables(stores.url, 'new')).toEqual([])
    const twice = [...(await timesChanged(stores.url))].filter(([name, times]) => times > 1 && !touched.has(name))
    expect(twice).toEqual([])
  })

  it(
    `down is killed ${size.killsBack} times while the app writes, and gives back the seeded state`,
    { timeout },
    async () => {
      const app = await simulate('back')
      expect(await killed(['down', '--yes'], size.killsBack)).toBeGreaterThan(0)
      const status = JSON.parse((await succeed(lockstep(['status', '--json'], folder, env))).stdout) as {
        migrations: { state: string }[]
      }
      if (status.migrations[0]?.state !== 'rolled back') await succeed(lockstep(['down', '--yes'], folder, env))
      await stop(app, ['language'])
      const touched = await touchedBy([join(folder, 'there.ndjson'), app.journal])
      const now = await takePicture(documents, stores.url)
      const wrong = [...seeded.documents].filter(([name, { rest, language }]) => {
        const found = now.documents.get(name)
        return !touched.has(name) && (found?.rest !== rest || found.language !== language)
      })
      expect(wrong).toEqual([])
      expect(await misshapenTables(stores.url, 'old')).toEqual([])
      expect(now.functions).toEqual(seeded.functions)
    },
  )
}

/** A small seeded generator (mulberry32), so that a failing run can be had again. */
function createRandom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
