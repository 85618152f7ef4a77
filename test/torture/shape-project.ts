import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import type { Stores } from './both-stores.ts'
import { lockstepHere } from './here.ts'
import { killed } from './kills.ts'
import { ask } from './oracle.ts'
import { lockstep, succeed } from './processes.ts'
import { createRandom, seed } from './seeded.ts'
import { differences, explain, leftovers, readEntities } from './shape-check.ts'
import type { Difference, Leftover, Reader } from './shape-check.ts'
import { seedEntities, startClient } from './shape-clients.ts'
import type { Client, Entity, World } from './shape-clients.ts'
import { generate } from './shape-generated.ts'
import type { Kind } from './shape-model.ts'

const migration = '20261122093000_every_shape'
/** Half of the seeds are played with what the configuration can promise of clients, half without. */
const promised = seed % 2 === 0

export interface ShapeProjectOptions {
  readonly kinds: readonly Kind[]
  /** Entities of each kind, at first. */
  readonly each: number
  /** Between two writes of a client, on the average. */
  readonly pause: number
  /** A kill comes so long after its process began to work, at most. */
  readonly milliseconds: number
}

/** One migration over entities of these kinds, and clients of both versions. */
export interface ShapeProject {
  readonly entities: readonly Entity[]
  start(...which: readonly ('old' | 'new')[]): void
  stop(): Promise<void>
  state(): Promise<string | undefined>
  /** Kills the command so often at most, returns how often it did, and lets the run be as it then is. */
  kill(args: readonly string[], times: number): Promise<number>
  /** Lets the command run to its end, where it has not. */
  finish(args: readonly string[], end: string): Promise<void>
  /** Fails the test with all that helps, where an entity is not what the last write to it made it. */
  expectNone(reader: Reader): Promise<void>
  /** After the way back: what was told to be left in new places is taken away, as an operator does. */
  clearUp(): Promise<void>
  close(): Promise<void>
}

export async function openShapeProject(stores: Stores, options: ShapeProjectOptions): Promise<ShapeProject> {
  const { kinds, each, pause, milliseconds } = options
  // The project before it was of the same migration.
  await ask(stores.url, 'drop schema if exists lockstep cascade')
  const random = createRandom(seed)
  const project = `demo-shapes-${process.pid}-${Math.floor(Math.random() * 1e6)}`
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-shapes-'))
  mkdirSync(join(folder, 'migrations'))
  writeFileSync(join(folder, 'lockstep.config.ts'), configText(project))
  writeFileSync(join(folder, 'migrations', `${migration}.ts`), migrationText(kinds))
  const env = {
    FIRESTORE_EMULATOR_HOST: stores.host,
    DATABASE_URL: stores.url,
    GOOGLE_CLOUD_PROJECT: project,
    CI: 'true',
  }
  const documents = await createFirestoreDocuments({ projectId: project, emulatorHost: stores.host })
  let n = 0
  const generated = await generate(folder, env, kinds)
  const world: World = { documents, migration, entities: [], random, generated, promised, next: () => ++n }
  await seedEntities(world, kinds, each)
  let clients: Client[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(clients.splice(0).map((client) => client.stop()))
  }
  const state: ShapeProject['state'] = async () => {
    const { stdout } = await succeed(lockstepHere(['status', '--json'], folder, env))
    return (JSON.parse(stdout) as { migrations: { state: string }[] }).migrations[0]?.state
  }
  return {
    entities: world.entities,
    start(...which) {
      clients = which.map((client) => startClient(world, client, pause))
    },
    stop,
    state,
    kill: (args, times) => killed(args, times, { folder, env, random, milliseconds }),
    async finish(args, end) {
      if ((await state()) !== end) await succeed(lockstep(args, folder, env))
      expect(await state()).toBe(end)
    },
    async expectNone(reader) {
      const found = differences(world.entities, await readEntities(documents, kinds), reader)
      const told = await Promise.all(firstOfEach(found).map((difference) => explain(difference, stores.url)))
      const counts = kinds.map(
        ({ name }) => `${name}: ${found.filter(({ entity }) => entity.kind.name === name).length}`,
      )
      expect(found.length === 0 ? '' : [...counts, ...told].join('\n\n')).toBe('')
    },
    async clearUp() {
      const left = leftovers(world.entities, await readEntities(documents, kinds))
      const rows = await ask(
        stores.url,
        `select sum((data->>'count')::int) as told from lockstep.events where type = 'kept'`,
      )
      expect(left.length).toBeLessThanOrEqual(Number(rows[0]?.['told'] ?? 0))
      for (const each of left) await takeAway(world, each)
      for (const entity of world.entities) entity.newer = new Set()
    },
    async close() {
      await stop()
      await documents.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function takeAway({ documents }: World, { name, path }: Leftover): Promise<void> {
  const [result] = await documents.write([
    path.length === 0
      ? { op: 'delete', name, expect: 'any' }
      : { op: 'patch', name, changes: [{ path, value: undefined }], expect: 'any' },
  ])
  expect(result?.ok).toBe(true)
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

function migrationText(kinds: readonly Kind[]): string {
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
