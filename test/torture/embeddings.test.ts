import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'
import { catalogOf } from '../laws/world.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { startBirths, startWriter, tableOf, textOf, vectorOf } from './embedding-clients.ts'
import type { EmbeddingWorld, Model } from './embedding-clients.ts'
import { killed } from './kills.ts'
import { ask } from './oracle.ts'
import { lockstep, succeed } from './processes.ts'
import { createRandom, seed } from './seeded.ts'

const number = (name: string, usual: number): number => Number(process.env[name] ?? usual)
const size = {
  tenants: number('LOCKSTEP_EMBEDDINGS_TENANTS', 4),
  rows: number('LOCKSTEP_EMBEDDINGS_ROWS', 40),
  kills: number('LOCKSTEP_EMBEDDINGS_KILLS', 1),
  within: number('LOCKSTEP_EMBEDDINGS_WITHIN', 1_500),
  before: number('LOCKSTEP_EMBEDDINGS_BEFORE', 8),
  after: number('LOCKSTEP_EMBEDDINGS_AFTER', 16),
  pause: number('LOCKSTEP_EMBEDDINGS_PAUSE', 15),
  births: number('LOCKSTEP_EMBEDDINGS_BIRTHS', 2_000),
  soak: number('LOCKSTEP_EMBEDDINGS_SOAK', 500),
}
const timeout = size.tenants > 20 ? 3_600_000 : 300_000
const models = {
  before: { name: 'hash-1', dimensions: size.before },
  after: { name: 'hash-2', dimensions: size.after },
} as const
const migration = '20261123093000_larger_embeddings'

const schema = `
create schema extensions; create extension vector schema extensions;
alter database :db set search_path = "$user", public, extensions; set search_path = public, extensions;
create table app_users (uid text primary key);
create function create_user_table(uid text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $f$
declare key text := md5(uid); begin
  execute format('create table if not exists %I (id serial primary key, content text, label text unique, embedding extensions.vector(${size.before}), seen int not null default 0)', 'user_embeddings_' || key);
  execute format('create index on %I using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 1)', 'user_embeddings_' || key);
  return true;
end $f$`

const project = `demo-embeddings-${process.pid}`
const config = `import { defineConfig } from 'lockstep'

export default defineConfig({
  environments: {
    local: { kind: 'local', firestore: { projectId: '${project}' }, postgres: { url: { env: 'DATABASE_URL' } } },
  },
  embedders: {
    small: { provider: 'local', model: '${models.before.name}', dimensions: ${models.before.dimensions} },
    large: { provider: 'local', model: '${models.after.name}', dimensions: ${models.after.dimensions} },
  },
  tenants: {
    source: { from: 'sql', sql: 'select uid from app_users' },
    key: 'md5',
    tables: { user_embeddings: 'user_embeddings_{key}' },
    provision: 'create_user_table(text)',
  },
})
`
const file = `import { defineMigration, postgres, tenants } from 'lockstep'

export default defineMigration({
  summary: 'embeddings of a larger model',
  steps: [
    postgres.resizeEmbeddings(tenants('user_embeddings'), {
      column: 'embedding', from: 'content', embedder: 'large', dimensions: ${models.after.dimensions}, was: 'small',
    }),
  ],
})
`

const postgres = await startRealPostgres()
describe(
  'embeddings of every tenant, on PostgreSQL',
  needs(postgres?.vector === true ? postgres : undefined, 'no PostgreSQL with pgvector'),
  () => {
    const random = createRandom(seed)
    let n = 1_000_000
    const world: EmbeddingWorld = {
      url: postgres?.url ?? '',
      random,
      shelves: [],
      models,
      next: () => ++n,
      errors: [],
      misfits: 0,
      statements: 0,
      longest: 0,
    }
    let folder: string
    let env: NodeJS.ProcessEnv
    let firestore: Awaited<ReturnType<typeof createFirestoreServer>>
    let clients: { stop(): Promise<void> }[] = []
    let before: unknown

    beforeAll(async () => {
      firestore = await createFirestoreServer()
      folder = mkdtempSync(join(tmpdir(), 'lockstep-embeddings-'))
      mkdirSync(join(folder, 'migrations'))
      writeFileSync(join(folder, 'lockstep.config.ts'), config)
      writeFileSync(join(folder, 'migrations', `${migration}.ts`), file)
      env = {
        FIRESTORE_EMULATOR_HOST: firestore.host,
        DATABASE_URL: world.url,
        GOOGLE_CLOUD_PROJECT: project,
        CI: 'true',
      }
      await ask(world.url, schema.replace(':db', new URL(world.url).pathname.slice(1)))
      for (let t = 0; t < size.tenants; t++) await fill(`u${t}`)
      before = await catalog()
    }, timeout)

    afterAll(async () => {
      await stop()
      await firestore?.close()
      await postgres?.stop()
      if (folder !== undefined) rmSync(folder, { recursive: true })
    })

    const fill = async (uid: string): Promise<void> => {
      const table = tableOf(uid)
      await ask(world.url, `insert into app_users values ('${uid}'); select create_user_table('${uid}')`)
      const rows = new Map<number, { content: string; label: string }>()
      for (let id = 1; id <= size.rows; id++) rows.set(id, { content: textOf(random, id % 50), label: `l${id}` })
      const values = await Promise.all(
        [...rows].map(
          async ([id, { content, label }]) =>
            `(${id}, '${content}', '${label}', '[${(await vectorOf(models.before, content)).join(',')}]')`,
        ),
      )
      await ask(world.url, `insert into ${table} (id, content, label, embedding) values ${values.join(', ')}`)
      world.shelves.push({ table, rows, model: models.before })
    }

    const catalog = async (): Promise<unknown> => {
      const tables = await createPostgresTables({ url: world.url })
      try {
        return await catalogOf(tables)
      } finally {
        await tables.close()
      }
    }

    const start = async (): Promise<void> => {
      await stop()
      clients = await Promise.all([
        ...[0, 1, 2].map((nth) => startWriter(world, { nth, of: 3, pause: size.pause })),
        startBirths(world, size.births),
      ])
    }

    const stop = async (): Promise<void> => {
      await Promise.all(clients.splice(0).map((client) => client.stop()))
    }

    const state = async (): Promise<string | undefined> => {
      const { stdout } = await succeed(lockstep(['status', '--json'], folder, env))
      return (JSON.parse(stdout) as { migrations: { state: string }[] }).migrations[0]?.state
    }

    /** With kills at random moments, and then to its end; returns what the last process told. */
    const run = async (args: readonly string[], end: string): Promise<string> => {
      await killed(args, size.kills, { folder, env, random, milliseconds: size.within })
      const { stdout } =
        (await state()) === end ? { stdout: '' } : await succeed(lockstep([...args, '--format', 'ndjson'], folder, env))
      expect(await state()).toBe(end)
      return stdout
    }

    /** Lost, stale, resurrected, or with a vector that is not that of its text. */
    const wrongRows = async (model: Model): Promise<readonly string[]> => {
      const wrong: string[] = []
      for (const { table, rows } of world.shelves) {
        const found = await ask(
          world.url,
          `select id, content, label, embedding::text as embedding from ${table} order by id`,
        )
        const seen = new Map(found.map((row) => [Number(row['id']), row]))
        for (const [id, row] of rows) {
          const now = seen.get(id)
          if (now === undefined) wrong.push(`${table} ${id} is lost`)
          else if (now['content'] !== row.content || now['label'] !== row.label) wrong.push(`${table} ${id} is stale`)
          else if (!(await hasVector(model, row.content, now['embedding'])))
            wrong.push(`${table} ${id} has another vector`)
        }
        for (const id of seen.keys()) if (!rows.has(id)) wrong.push(`${table} ${id} came back`)
      }
      return wrong
    }

    const hasVector = async (model: Model, content: string | null, stored: unknown): Promise<boolean> => {
      if (content === null) return stored === null
      if (typeof stored !== 'string') return false
      const wanted = await vectorOf(model, content)
      const values = JSON.parse(stored) as readonly number[]
      return values.length === wanted.length && values.every((value, at) => Math.fround(value) === wanted[at])
    }

    const expectRows = async (model: Model): Promise<void> => {
      await stop()
      expect(world.errors).toEqual([])
      expect((await wrongRows(model)).slice(0, 20)).toEqual([])
    }

    it(
      'up is killed while clients insert, update, delete, change keys and truncate: nothing is lost',
      { timeout },
      async () => {
        await start()
        const told = await run(['up'], 'soaking')
        await sleep(size.soak)
        await expectRows(models.after)
        printLocks(told)
        await succeed(lockstep(['verify', '--level', 'full'], folder, env))
      },
    )

    it(
      'down is killed while clients write: rows, vectors and catalog are those of the old model',
      { timeout },
      async () => {
        await start()
        await run(['down', '--yes'], 'rolled back')
        for (const shelf of world.shelves) shelf.model = models.before
        await expectRows(models.before)
        await forgetBorn()
        expect(await catalog()).toEqual(before)
        expect(
          await ask(
            world.url,
            "select nspname from pg_namespace where nspname in ('lockstep_vectors', 'lockstep_next', 'lockstep_past')",
          ),
        ).toEqual([])
      },
    )

    it('up once more, and complete, is killed while clients write: old tables are gone', { timeout }, async () => {
      await start()
      await run(['up'], 'soaking')
      await sleep(size.soak)
      await run(['complete', '--yes'], 'completed')
      await expectRows(models.after)
      expect(
        await ask(world.url, "select relname from pg_class where relnamespace = 'lockstep_past'::regnamespace"),
      ).toEqual([])
      await succeed(lockstep(['verify', '--level', 'full'], folder, env))
      console.log(
        `${world.statements} statements of clients, ${world.misfits} met the other model and were written again; the longest wait took ${Math.round(world.longest)} ms`,
      )
    })

    const printLocks = (told: string): void => {
      const events = told
        .split('\n')
        .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
      const held = events
        .filter((event) => event['type'] === 'tables-changed' && event['phase'] === 'cutover')
        .map((event) => Number(event['seconds']) * 1_000)
        .sort((a, b) => a - b)
      if (held.length === 0) return
      const p99 = held[Math.min(held.length - 1, Math.floor(held.length * 0.99))] ?? 0
      console.log(
        `${held.length} switches; the transaction took ${p99.toFixed(1)} ms at p99, its wait for the lock included`,
      )
    }

    /** Tenants that were born meanwhile go, so that the catalog can be compared. */
    const forgetBorn = async (): Promise<void> => {
      const kept = new Set(Array.from({ length: size.tenants }, (_, t) => tableOf(`u${t}`)))
      for (const { table } of world.shelves.filter((shelf) => !kept.has(shelf.table)))
        await ask(world.url, `drop table ${table}`)
      await ask(world.url, "delete from app_users where uid like 'born%'")
      world.shelves.splice(0, Infinity, ...world.shelves.filter(({ table }) => kept.has(table)))
    }
  },
)
