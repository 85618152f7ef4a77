import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DocumentWriter } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { describeStores, full } from './both-stores.ts'
import type { Stores } from './both-stores.ts'
import { lockstepHere } from './here.ts'
import { killed } from './kills.ts'
import { ask, misshapenTables, takePicture, timesChanged, touchedBy } from './oracle.ts'
import type { Picture } from './oracle.ts'
import { lockstep, start, succeed } from './processes.ts'
import type { Running } from './processes.ts'
import { createRandom, seed } from './seeded.ts'

const size = full
  ? { documents: 100_000, tenants: 5_000, kills: 20, killsBack: 10, rate: 60 }
  : { documents: 6_000, tenants: 300, kills: 3, killsBack: 2, rate: 40 }
const example = fileURLToPath(new URL('../../examples/chatmimic-connect', import.meta.url))
const migration = '20261122093000_chats_know_their_language'
const chatName = /^Whatsapp_Data\/[^/]+\/chats\/[^/]+$/

await describeStores(torture)

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

  const kill = (args: readonly string[], times: number): Promise<number> =>
    killed(args, times, { folder, env, random, milliseconds: full ? 5_000 : 300 })

  it(`up is killed ${size.kills} times while the app writes, and ends as if it never was`, { timeout }, async () => {
    const app = await simulate('there')
    const kills = await kill(['up'], size.kills)
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
      expect(await kill(['down', '--yes'], size.killsBack)).toBeGreaterThan(0)
      const status = JSON.parse((await succeed(lockstepHere(['status', '--json'], folder, env))).stdout) as {
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
