import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { md5 } from '../../src/kernel/checksum.ts'
import { createRandom } from './seeded.ts'
import type { Random } from './seeded.ts'

export interface Model {
  readonly name: string
  readonly dimensions: number
  /** Its vectors are of half floats. */
  readonly half?: boolean
}

/** One tenant's table as its only writer left it. */
export interface Shelf {
  readonly table: string
  readonly rows: Map<number, { readonly content: string | null; readonly label: string }>
  /** What the writer believes of the model, until Postgres says otherwise. */
  model: Model
}

export interface EmbeddingWorld {
  readonly url: string
  readonly random: Random
  readonly shelves: Shelf[]
  readonly models: { readonly before: Model; readonly after: Model }
  readonly next: () => number
  readonly errors: string[]
  /** Writes that met vectors of the other model, and were written again. */
  misfits: number
  statements: number
  longest: number
}

export function tableOf(uid: string): string {
  return `user_embeddings_${md5(uid)}`
}

const words = 'invoice customer shipping delay refund address warranty colour size payment agent reply'.split(' ')

export function textOf(random: Random, n: number): string {
  return `${Array.from({ length: 6 }, () => words[Math.floor(random() * words.length)]).join(' ')} ${n}`
}

/** The model's vector of a text: any of length 1 that no other text and no other model has. */
export function vectorOf({ name, dimensions, half }: Model, text: string): Float32Array {
  const random = createRandom(Number.parseInt(md5(`${name} ${text}`).slice(0, 8), 16))
  const vector = Float32Array.from({ length: dimensions }, () => random() - 0.5)
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return vector.map((value) => (half === true ? toHalf(value / length) : value / length))
}

/** The next half float: eleven bits, down to the twenty-fourth behind the point. */
function toHalf(value: number): number {
  const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - 10, -24)
  // Text has no minus zero.
  return Math.round(value / step) * step + 0
}

interface Client {
  stop(): Promise<void>
}

/** Writes every `of`-th shelf, from the `nth` on, until it is stopped or meets an error that it does not expect. */
export async function startWriter(
  world: EmbeddingWorld,
  { nth, of, pause }: { readonly nth: number; readonly of: number; readonly pause: number },
): Promise<Client> {
  const connection = new pg.Client(world.url)
  await connection.connect()
  let running = true
  const work = async (): Promise<void> => {
    while (running) {
      const own = world.shelves.filter((_, index) => index % of === nth)
      const shelf = own[Math.floor(world.random() * own.length)]
      try {
        if (shelf !== undefined) await writeOne(world, shelf, connection)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        world.errors.push(`${shelf?.table}: ${message}`)
        return
      }
      await sleep(world.random() * 2 * pause)
    }
  }
  const done = work()
  return {
    async stop() {
      running = false
      await done
      await connection.end()
    },
  }
}

async function writeOne(world: EmbeddingWorld, shelf: Shelf, connection: pg.Client): Promise<void> {
  const { random } = world
  const n = world.next()
  const ids = [...shelf.rows.keys()]
  const id = ids[Math.floor(random() * ids.length)]
  const row = id === undefined ? undefined : shelf.rows.get(id)
  const dice = random()
  const content = dice > 0.97 ? null : textOf(random, n % 50)
  const send = (sql: string, values: readonly unknown[]): Promise<void> => sendOne(world, connection, sql, values)
  if (id === undefined || row === undefined || dice < 0.3) {
    await withVector(world, shelf, connection, content, (vector) =>
      send(`insert into ${shelf.table} (id, content, label, embedding) values ($1, $2, $3, $4)`, [
        n,
        content,
        `l${n}`,
        vector,
      ]),
    )
    shelf.rows.set(n, { content, label: `l${n}` })
  } else if (dice < 0.5) {
    await withVector(world, shelf, connection, content, (vector) =>
      send(`update ${shelf.table} set content = $2, embedding = $3 where id = $1`, [id, content, vector]),
    )
    shelf.rows.set(id, { ...row, content })
  } else if (dice < 0.65) {
    await send(`update ${shelf.table} set label = $2 where id = $1`, [id, `l${n}`])
    shelf.rows.set(id, { ...row, label: `l${n}` })
  } else if (dice < 0.75) {
    await send(`update ${shelf.table} set id = $2 where id = $1`, [id, n])
    shelf.rows.delete(id)
    shelf.rows.set(n, row)
  } else if (dice < 0.92) {
    await send(`delete from ${shelf.table} where id = $1`, [id])
    shelf.rows.delete(id)
  } else if (dice < 0.93) {
    await send(`truncate ${shelf.table}`, [])
    shelf.rows.clear()
  } else {
    // A unique value goes from one row to another in one statement.
    const other = ids.find((each) => each !== id)
    const its = other === undefined ? undefined : shelf.rows.get(other)
    if (other === undefined || its === undefined) return
    await send(`update ${shelf.table} set label = null where id = $1`, [other])
    await send(`update ${shelf.table} set label = $2 where id = $1`, [id, its.label])
    await send(`update ${shelf.table} set label = $2 where id = $1`, [other, row.label])
    shelf.rows.set(id, { ...row, label: its.label })
    shelf.rows.set(other, { ...its, label: row.label })
  }
}

async function sendOne(
  world: EmbeddingWorld,
  connection: pg.Client,
  sql: string,
  values: readonly unknown[],
): Promise<void> {
  const begun = performance.now()
  await connection.query(sql, [...values])
  world.longest = Math.max(world.longest, performance.now() - begun)
  world.statements++
}

/** With the vector of the model that the table has, as far as the writer knows; told otherwise, it looks and writes again. */
async function withVector(
  world: EmbeddingWorld,
  shelf: Shelf,
  connection: pg.Client,
  content: string | null,
  write: (vector: string | null) => Promise<void>,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    const vector = content === null ? null : `[${vectorOf(shelf.model, content).join(',')}]`
    try {
      await write(vector)
      return
    } catch (error) {
      const isMisfit = error instanceof pg.DatabaseError && error.code === '22000'
      if (!isMisfit || tries > 20) throw error
      world.misfits++
      shelf.model = await modelOf(world, connection, shelf.table)
    }
  }
}

/** What a client does to learn the model of a table. */
async function modelOf({ models }: EmbeddingWorld, connection: pg.Client, table: string): Promise<Model> {
  const [store] = (
    await connection.query<{ found: boolean }>("select to_regclass('lockstep_vectors.pointers') is not null as found")
  ).rows
  if (store?.found !== true) return models.before
  const rows = await connection
    .query<{ dimensions: number }>('select dimensions from lockstep_vectors.pointers where table_name = $1', [table])
    .then((found) => found.rows, noneWhereGone)
  return rows[0]?.dimensions === models.after.dimensions ? models.after : models.before
}

/** The way back's last switch may take the pointers away between the two questions. */
function noneWhereGone(error: unknown): readonly never[] {
  if (error instanceof pg.DatabaseError && error.code === '42P01') return []
  throw error
}

/** Signs up new tenants, each of which is then written by the writers. */
export async function startBirths(world: EmbeddingWorld, pause: number): Promise<Client> {
  const connection = new pg.Client(world.url)
  await connection.connect()
  let running = true
  const work = async (): Promise<void> => {
    while (running) {
      await sleep(pause)
      const uid = `born${world.next()}`
      try {
        await connection.query('insert into app_users values ($1)', [uid])
        await connection.query('select create_user_table($1)', [uid])
        const table = tableOf(uid)
        world.shelves.push({ table, rows: new Map(), model: await modelOf(world, connection, table) })
      } catch (error) {
        world.errors.push(`birth of ${uid}: ${error instanceof Error ? error.message : String(error)}`)
        return
      }
    }
  }
  const done = work()
  return {
    async stop() {
      running = false
      await done
      await connection.end()
    },
  }
}
