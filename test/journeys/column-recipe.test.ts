import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { md5 } from '../../src/kernel/checksum.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { configText } from './project.ts'
import { createStage, uid } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

const example = fileURLToPath(new URL('../../examples/chatmimic-connect', import.meta.url))
const recipe = '20261201090700_ids_become_bigint'
const vector = `array_fill(0.5, array[1536])::vector`
const tableOf = (n: number): string => `user_embeddings_${md5(uid(n))}`

const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

describe('ids become bigint, on PostgreSQL, while clients write', needs(postgres, 'no PostgreSQL server'), () => {
  const url = postgres?.url ?? ''
  let stage: Stage
  let scene: Scene
  /** Of each table, what clients were told: the content of each id. */
  const told = new Map<string, Map<number, string>>()
  let born = 2

  beforeAll(async () => {
    const firestore = await createFirestoreServer()
    stage = createStage({ host: firestore.host, url, close: () => firestore.close() })
    scene = await stage.project({ tenants: 0 })
    const config = configText({ project: scene.projectId, url })
    const tables = `'user_table_{key}', user_embeddings: 'user_embeddings_{key}' }`
    scene.write('lockstep.config.ts', config.replace(`'user_table_{key}' }`, tables))
    mkdirSync(join(scene.folder, 'migrations'))
    cpSync(join(example, 'recipes', `${recipe}.ts`), join(scene.folder, 'migrations', `${recipe}.ts`))
    const sql = join(example, 'sql')
    await scene.ask(`drop function create_user_table; ${readFileSync(join(sql, 'schema.sql'), 'utf8')}`)
    await scene.ask('drop function match_documents')
    for (const file of readdirSync(join(sql, 'functions')))
      await scene.ask(readFileSync(join(sql, 'functions', file), 'utf8'))
    for (let n = 0; n < born; n++) await signUp(n)
    for (let n = 0; n < born; n++) {
      await scene.ask(
        `insert into ${tableOf(n)} (content, embedding) select 'old', ${vector} from generate_series(1, 5)`,
      )
    }
  })
  afterAll(() => stage?.close())

  async function signUp(n: number): Promise<void> {
    await scene.put({ [`Users/${uid(n)}`]: { name: `Tenant ${n}` } })
    await scene.ask('select create_user_table($1)', [uid(n)])
  }

  /** A client that adds texts, changes and finds them, and now and then signs up, until it is stopped; gives what went wrong. */
  async function startClient(n: number): Promise<() => Promise<unknown>> {
    const client = new pg.Client(url)
    await client.connect()
    const table = tableOf(n)
    const known = told.get(table) ?? new Map<number, string>()
    told.set(table, known)
    let [running, round] = [true, 0]
    const work = async (): Promise<void> => {
      while (running) {
        const text = `text ${n} ${round++}`
        const { rows } = await client.query<{ id: unknown }>(
          `insert into ${table} (content) values ($1) returning id`,
          [text],
        )
        const id = Number(rows[0]?.id)
        expect(known.has(id)).toBe(false)
        known.set(id, text)
        await client.query(`update ${table} set content = $1 where id = $2`, [`${text}, read`, id])
        known.set(id, `${text}, read`)
        const found = await client.query<{ id: unknown }>(`select id from match_documents($1, ${vector}, 0.1, 1)`, [
          uid(n),
        ])
        expect(found.rows).toEqual([{ id: expect.any(Number) as number }])
        if (round % 20 === 0 && n === 0) await signUp(born++)
        await sleep(20)
      }
    }
    const done = work().catch((error: unknown) => error)
    return async () => {
      running = false
      const error = await done
      await client.end()
      return error
    }
  }

  /** Runs these commands beside two clients; then every text that they were told of is there, under its id. Gives what was said. */
  async function whileWriting(...commands: readonly (readonly string[])[]): Promise<string> {
    let said = ''
    const stops = [await startClient(0), await startClient(1)]
    let errors: readonly unknown[] = []
    try {
      for (const command of commands) {
        const { stdout, stderr } = await scene.succeed(...command)
        said += stdout + stderr
      }
    } finally {
      errors = await Promise.all(stops.map((stop) => stop()))
    }
    expect(errors).toEqual([undefined, undefined])
    for (const [table, known] of told) {
      const rows = await scene.ask(`select id::int, content from ${table} where content <> 'old' order by id`)
      expect(rows).toEqual([...known].sort(([a], [b]) => a - b).map(([id, content]) => ({ id, content })))
    }
    return said
  }

  /** Of all tables, those of tenants born meanwhile among them. */
  const types = async (): Promise<unknown> =>
    (
      await scene.ask(
        `select distinct format_type(a.atttypid, a.atttypmod) as type from pg_attribute a join pg_class c on c.oid = a.attrelid
         where c.relkind = 'r' and c.relname like 'user_embeddings_%' and a.attname = 'id'`,
      )
    ).map(({ type }) => type)

  const large = `insert into ${tableOf(0)} (id, content) values (3000000000, 'old')`

  it('goes there, back, there again, and completes', { timeout: 240_000 }, async () => {
    expect(await whileWriting(['up'])).toContain('match_documents')
    expect(await types()).toEqual(['bigint'])
    await expect(scene.ask(large)).rejects.toMatchObject({ code: '22003' })
    await whileWriting(['down', '--yes'])
    expect(await types()).toEqual(['integer'])
    await whileWriting(['up'], ['complete', '--yes'])
    expect(await types()).toEqual(['bigint'])
    await scene.ask(large)
    await signUp(born++)
    expect(await types()).toEqual(['bigint'])
    expect(born).toBeGreaterThan(3)
  })
})
