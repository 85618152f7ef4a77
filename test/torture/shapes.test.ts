import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DocumentWriter } from '../../src/stores/documents.ts'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { describeStores } from './both-stores.ts'
import type { Stores } from './both-stores.ts'
import { killed } from './kills.ts'
import { lockstep, succeed } from './processes.ts'
import { createRandom, seed } from './seeded.ts'
import { ask } from './oracle.ts'
import { differences, explain, leftovers, readEntities } from './shape-check.ts'
import type { Difference, Reader } from './shape-check.ts'
import { seedEntities, startClient } from './shape-clients.ts'
import type { Client, Entity, World } from './shape-clients.ts'
import { generate } from './shape-generated.ts'
import { kinds as allKinds } from './shape-kinds.ts'

const full = process.env['LOCKSTEP_TORTURE'] === 'full'
const size = full ? { each: 400, kills: 13, pause: 2, soak: 5_000 } : { each: 20, kills: 2, pause: 4, soak: 400 }
const migration = '20261122093000_every_shape'
/** Half of the seeds are played with what the configuration can promise of clients, half without. */
const promised = seed % 2 === 0
const wanted = process.env['LOCKSTEP_SHAPES']?.split(',')
const kinds = allKinds.filter(({ name }) => wanted === undefined || wanted.includes(name))

await describeStores(torture)

function torture(open: () => Promise<Stores>): void {
  const timeout = full ? 3_600_000 : 300_000
  const random = createRandom(seed)
  const project = `demo-shapes-${process.pid}-${Math.floor(Math.random() * 1e6)}`
  let stores: Stores
  let documents: DocumentWriter
  let folder: string
  let env: NodeJS.ProcessEnv
  let world: World
  let clients: Client[] = []

  beforeAll(async () => {
    stores = await open()
    folder = mkdtempSync(join(tmpdir(), 'lockstep-shapes-'))
    mkdirSync(join(folder, 'migrations'))
    writeFileSync(join(folder, 'lockstep.config.ts'), configText(project))
    writeFileSync(join(folder, 'migrations', `${migration}.ts`), migrationText())
    env = { FIRESTORE_EMULATOR_HOST: stores.host, DATABASE_URL: stores.url, GOOGLE_CLOUD_PROJECT: project, CI: 'true' }
    documents = await createFirestoreDocuments({ projectId: project, emulatorHost: stores.host })
    let n = 0
    const generated = await generate(folder, env, kinds)
    world = { documents, migration, entities: [], random, generated, promised, next: () => ++n }
    await seedEntities(world, kinds, size.each)
  }, timeout)

  afterAll(async () => {
    await stop()
    await documents?.close()
    await stores?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const start = (...which: readonly ('old' | 'new')[]): void => {
    clients = which.map((client) => startClient(world, client, size.pause))
  }

  const stop = async (): Promise<void> => {
    await Promise.all(clients.splice(0).map((client) => client.stop()))
  }

  const state = async (): Promise<string | undefined> => {
    const { stdout } = await succeed(lockstep(['status', '--json'], folder, env))
    return (JSON.parse(stdout) as { migrations: { state: string }[] }).migrations[0]?.state
  }

  /** With kills at random moments, and then to its end. */
  const run = async (args: readonly string[], end: string): Promise<void> => {
    await killed(args, size.kills, { folder, env, random, milliseconds: full ? 4_000 : 600 })
    if ((await state()) !== end) await succeed(lockstep(args, folder, env))
    expect(await state()).toBe(end)
  }

  const expectNone = async (reader: Reader): Promise<void> => {
    const found = differences(world.entities, await readEntities(documents, kinds), reader)
    const told = await Promise.all(firstOfEach(found).map((each) => explain(each, stores.url)))
    const counts = kinds.map(({ name }) => `${name}: ${found.filter(({ entity }) => entity.kind.name === name).length}`)
    expect(found.length === 0 ? '' : [...counts, ...told].join('\n\n')).toBe('')
  }

  /** What both clients wrote since the last look, the old one last, stays in the new place: told, and in the way of `up`. */
  const clearUp = async (): Promise<void> => {
    const left = leftovers(world.entities, await readEntities(documents, kinds))
    const rows = await ask(
      stores.url,
      `select sum((data->>'count')::int) as told from lockstep.events where type = 'kept'`,
    )
    expect(left.length).toBeLessThanOrEqual(Number(rows[0]?.['told'] ?? 0))
    for (const { name, path } of left) {
      const [result] = await documents.write([
        path.length === 0
          ? { op: 'delete', name, expect: 'any' }
          : { op: 'patch', name, changes: [{ path, value: undefined }], expect: 'any' },
      ])
      expect(result?.ok).toBe(true)
    }
    for (const entity of world.entities) entity.newer = new Set()
  }

  it('up is killed while both clients write, and every entity reads as it was written last', { timeout }, async () => {
    start('old', 'new')
    await run(['up'], 'soaking')
    await sleep(size.soak)
    await stop()
    await expectNone('soaking')
  })

  it('down is killed while both clients write, and every document is as old clients left it', { timeout }, async () => {
    start('old', 'new')
    await run(['down', '--yes'], 'rolled back')
    await stop()
    await expectNone('old')
    await clearUp()
  })

  it(
    'up once more, and complete, is killed while clients write, and the old places are gone',
    { timeout },
    async () => {
      start('old', 'new')
      await run(['up'], 'soaking')
      await sleep(size.soak)
      await stop()
      await expectNone('soaking')
      start('new')
      await run(['complete', '--yes'], 'completed')
      await stop()
      await expectNone('completed')
      const unused = kinds.filter((kind) => !world.entities.some((each) => each.kind === kind && isByRules(each)))
      expect(unused.map(({ name }) => name)).toEqual([])
    },
  )
}

function isByRules({ deeds }: Entity): boolean {
  return deeds.some(({ generated }) => generated)
}

/** Two of each kind tell enough. */
function firstOfEach(found: readonly Difference[]): readonly Difference[] {
  const of = ({ entity }: Difference): string => entity.kind.name
  return found.filter((each, index) => found.slice(0, index).filter((other) => of(other) === of(each)).length < 2)
}

function configText(project: string): string {
  return `import { defineConfig } from 'lockstep'

export default defineConfig({
  environments: {
    local: { kind: 'local', firestore: { projectId: '${project}' }, postgres: { url: { env: 'DATABASE_URL' } } },
  },
  clients: { writeBoth: ${promised} },
})
`
}

function migrationText(): string {
  return `import { defineMigration, firestore } from 'lockstep'
import { cents, orders } from '${join(import.meta.dirname, 'shape-functions.ts')}'

export default defineMigration({
  summary: 'every change of shape at once',
  steps: [
    ${kinds.map(({ step }) => step).join(',\n    ')},
  ],
})
`
}
