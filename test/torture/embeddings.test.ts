import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeVectors } from '../../src/operations/postgres/resize-embeddings/vector-array.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'
import { catalogOf } from '../laws/world.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { startBirths, startWriter, tableOf, textOf, vectorOf } from './embedding-clients.ts'
import type { EmbeddingWorld, Model } from './embedding-clients.ts'
import type { MockProvider } from '../embeddings/mock-provider.ts'
import { callsAtOnce, configOf, paidTo, refusedWord, startUnreliable, unkept } from './embedding-providers.ts'
import { lockstepHere } from './here.ts'
import { killed } from './kills.ts'
import { ask } from './oracle.ts'
import { lockstep, succeed } from './processes.ts'
import { createRandom, seed } from './seeded.ts'

/** As large as fleets are, for an hour or two: 200,000 embeddings, and 20 kills. */
const isFull = process.env['LOCKSTEP_EMBEDDINGS'] === 'full'
const number = (name: string, usual: number, full = usual): number =>
  Number(process.env[`LOCKSTEP_EMBEDDINGS_${name}`] ?? (isFull ? full : usual))
const size = {
  tenants: number('TENANTS', 4, 1_000),
  rows: number('ROWS', 40, 200),
  /** Of each of four commands, at moments of so many milliseconds. */
  kills: number('KILLS', 1, 5),
  within: number('WITHIN', 1_500, 15_000),
  before: number('BEFORE', 8, 1_536),
  after: number('AFTER', 16, 3_072),
  pause: number('PAUSE', 15),
  births: number('BIRTHS', 2_000),
  soak: number('SOAK', 500),
  /** Of a call, and of the provider's minute. */
  items: number('ITEMS', 20, 200),
  requests: number('REQUESTS', 3_000),
  tokens: number('TOKENS', 500_000, 5_000_000),
  latency: [5, number('LATENCY', 50)],
} as const
/** Of the new vectors. */
const type = process.env['LOCKSTEP_EMBEDDINGS_TYPE'] ?? (isFull ? 'halfvec' : 'vector')
const timeout = size.tenants > 20 ? 7_200_000 : 300_000
const models = {
  before: { name: 'hash-1', dimensions: size.before },
  after: { name: 'hash-2', dimensions: size.after, half: type === 'halfvec' },
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
const config = (small: MockProvider, large: MockProvider): string => `import { defineConfig } from 'lockstep'

export default defineConfig({
  environments: {
    local: { kind: 'local', firestore: { projectId: '${project}' }, postgres: { url: { env: 'DATABASE_URL' } } },
  },
  embedders: {
    small: ${configOf(small, models.before, size.items)},
    large: ${configOf(large, models.after, size.items)},
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
      column: 'embedding', from: 'content', embedder: 'large', dimensions: ${models.after.dimensions}, type: '${type}', was: 'small',
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
    let small: MockProvider
    let large: MockProvider
    let kills = 0
    let asked = 0
    const looked = new Map<MockProvider, number>()
    let lostTokens = 0
    let clients: { stop(): Promise<void> }[] = []
    let before: unknown
    let filling: pg.Client
    let vectorOid = 0

    beforeAll(async () => {
      firestore = await createFirestoreServer()
      small = await startUnreliable(models.before, size)
      large = await startUnreliable(models.after, size)
      folder = mkdtempSync(join(tmpdir(), 'lockstep-embeddings-'))
      mkdirSync(join(folder, 'migrations'))
      writeFileSync(join(folder, 'lockstep.config.ts'), config(small, large))
      writeFileSync(join(folder, 'migrations', `${migration}.ts`), file)
      env = {
        FIRESTORE_EMULATOR_HOST: firestore.host,
        DATABASE_URL: world.url,
        GOOGLE_CLOUD_PROJECT: project,
        CI: 'true',
      }
      await ask(world.url, schema.replace(':db', new URL(world.url).pathname.slice(1)))
      filling = new pg.Client(world.url)
      await filling.connect()
      const [type] = await ask(world.url, "select 'vector'::regtype::oid::int as oid")
      vectorOid = Number(type?.['oid'])
      for (let t = 0; t < size.tenants; t++) await fill(`u${t}`)
      await filling.end()
      before = await catalog()
    }, timeout)

    afterAll(async () => {
      await stop()
      await firestore?.close()
      await small?.stop()
      await large?.stop()
      await postgres?.stop()
      if (folder !== undefined) rmSync(folder, { recursive: true })
    })

    const fill = async (uid: string): Promise<void> => {
      const table = tableOf(uid)
      await filling.query(`insert into app_users values ('${uid}'); select create_user_table('${uid}')`)
      const rows = new Map<number, { content: string; label: string }>()
      for (let id = 1; id <= size.rows; id++) {
        const text = textOf(random, id % 50)
        // Of one table in twenty the provider refuses a text.
        const content = id === 7 && world.shelves.length % 20 === 0 ? `${text} ${refusedWord}` : text
        rows.set(id, { content, label: `l${id}` })
      }
      const texts = [...rows.values()].map(({ content }) => content)
      await filling.query(
        `insert into ${table} (id, content, label, embedding) select n, text, 'l' || n, vector
         from (select generate_series(1, ${size.rows}) as n, unnest($1::text[]) as text, unnest($2::vector[]) as vector) r`,
        [
          texts,
          encodeVectors(
            texts.map((text) => vectorOf(models.before, text)),
            vectorOid,
          ),
        ],
      )
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
      const { stdout } = await succeed(lockstepHere(['status', '--json'], folder, env))
      return (JSON.parse(stdout) as { migrations: { state: string }[] }).migrations[0]?.state
    }

    /** With kills at random moments, and then to its end. */
    const run = async (args: readonly string[], end: string): Promise<void> => {
      const look = (): Promise<void> => expectKept(callsAtOnce)
      kills += await killed(args, size.kills, { folder, env, random, milliseconds: size.within, look })
      if ((await state()) !== end) await succeed(lockstep([...args, '--format', 'ndjson'], folder, env))
      await expectKept(0)
      expect(await state()).toBe(end)
    }

    /** The provider's account is empty before all is embedded: the run stops, and goes on once there is money again. */
    const runOut = async (): Promise<void> => {
      large.setQuota(size.tenants * size.rows * 3)
      const { code, stderr } = await lockstep(['up'], folder, env).finished
      expect(stderr).toContain('LS-3011')
      expect(code).toBe(8)
      await expectKept(callsAtOnce)
      large.setQuota(Infinity)
    }

    /** What was paid for since the last look is kept, but for calls that were on their way when the process died. */
    const expectKept = async (most: number): Promise<void> => {
      for (const provider of [small, large]) {
        const lost = await unkept(world.url, provider, looked.get(provider) ?? 0)
        looked.set(provider, provider.statistics.useful.length)
        lostTokens += lost.tokens
        expect(lost.calls).toBeLessThanOrEqual(most)
      }
    }

    const verify = async (): Promise<void> => {
      asked++
      await succeed(lockstepHere(['verify', '--level', 'full'], folder, env))
      // It asks anew, and keeps nothing.
      for (const provider of [small, large]) looked.set(provider, provider.statistics.useful.length)
    }

    /** Lost, stale, resurrected, or with a vector that is not that of its text. */
    const wrongRows = async (model: Model): Promise<readonly string[]> => {
      const wrong: string[] = []
      for (const { table, rows } of world.shelves) {
        const found = await ask(
          world.url,
          `select id, content, label, md5(vector_send(embedding::vector)) as embedding from ${table} order by id`,
        )
        const seen = new Map(found.map((row) => [Number(row['id']), row]))
        for (const [id, row] of rows) {
          const now = seen.get(id)
          if (now === undefined) wrong.push(`${table} ${id} is lost`)
          else if (now['content'] !== row.content || now['label'] !== row.label) wrong.push(`${table} ${id} is stale`)
          else if (!hasVector(model, row.content, now['embedding']))
            wrong.push(`${table} ${id} has ${now['embedding'] === null ? 'no' : 'another'} vector`)
        }
        for (const id of seen.keys()) if (!rows.has(id)) wrong.push(`${table} ${id} came back`)
      }
      return wrong
    }

    const hasVector = (model: Model, content: string | null, stored: unknown): boolean => {
      if (content === null) return stored === null
      // Whoever writes such a text has its vector himself.
      if (stored === null) return content.includes(refusedWord)
      return stored === binaryHash(vectorOf(model, content))
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
        await runOut()
        await run(['up'], 'soaking')
        await sleep(size.soak)
        await expectRows(models.after)
        await printLocks()
        await expectPaidOnce()
        await verify()
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
      await verify()
      await printLocks()
      await expectPaidOnce()
      console.log(
        `${world.statements} statements of clients, ${world.misfits} met the other model and were written again; the longest wait took ${Math.round(world.longest)} ms`,
      )
    })

    /** Of every switch so far, those of killed processes among them. */
    const printLocks = async (): Promise<void> => {
      const events = await ask(
        world.url,
        `select (data->>'seconds')::float8 * 1000 as held from lockstep.events
         where type = 'tables-changed' and data->>'phase' in ('cutover', 'revert') order by 1`,
      )
      const held = events.map((event) => Number(event['held']))
      const at = (share: number): string => (held[Math.floor((held.length - 1) * share)] ?? 0).toFixed(1)
      console.log(
        `${held.length} switches; each held its locks, the wait for them included, for ${at(0.5)} ms in the middle, ${at(0.99)} ms at p99, ${at(1)} ms at most`,
      )
    }

    /** Nothing is paid for twice but what a kill or the provider itself made useless. */
    const expectPaidOnce = async (): Promise<void> => {
      const [row] = await ask(
        world.url,
        "select count(*)::int as noted from lockstep.events where type = 'verified' and data->>'level' = 'full'",
      )
      const verifications = asked + Number(row?.['noted'])
      let [twice, wastedAll, probedAll] = [0, 0, 0]
      for (const [provider, { name }] of [
        [small, models.before],
        [large, models.after],
      ] as const) {
        const { calls, unique, again, wasted, probed } = paidTo(
          provider,
          provider === large ? verifications + kills : 0,
        )
        console.log(
          `${name}: ${calls} calls; ${unique} tokens of unique texts, ${again} paid again, ${wasted} of them for answers of no use`,
        )
        twice += again
        wastedAll += wasted
        probedAll += probed
      }
      console.log(
        `${lostTokens} tokens were on their way at ${kills} kills, at most ${callsAtOnce} calls at each; ${verifications} verifications`,
      )
      expect(twice).toBeLessThanOrEqual(wastedAll + probedAll + lostTokens)
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

/** Of the form in which Postgres sends a vector. */
function binaryHash(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 + vector.length * 4)
  bytes.writeInt16BE(vector.length, 0)
  for (const [at, value] of vector.entries()) bytes.writeFloatBE(value, 4 + at * 4)
  return createHash('md5').update(bytes).digest('hex')
}
