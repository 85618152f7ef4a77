import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { md5 } from '../../src/kernel/checksum.ts'
import type { Random } from './seeded.ts'

export interface Row {
  readonly label: string
  readonly cents: number
  /** Null where an old client wrote none. */
  readonly status: string | null
  readonly kind: number
  readonly code: string
  readonly age: number
  readonly points: number
  /** Undefined where no client of the new shape wrote one. */
  readonly language?: string | undefined
}

/** One row and the notes that belong to it; written by one client at a time. */
export interface Entity {
  readonly table: string
  /** The table of its notes; the single table has none. */
  readonly notes: string | undefined
  readonly id: number
  /** As its last acknowledged write left it. */
  row: Row | undefined
  words: readonly number[]
  busy: boolean
  /** Nobody wrote it since the last look. */
  untouched: boolean
  readonly deeds: string[]
}

export interface TableWorld {
  readonly url: string
  readonly random: Random
  readonly entities: Entity[]
  readonly next: () => number
  /** What new clients read of the migration's phase. */
  readonly phase: () => Promise<string>
  /** What went wrong for a client, whatever it was. */
  readonly errors: string[]
  /** The longest time that a client waited for one statement, and which it was. */
  longest: { readonly milliseconds: number; readonly what: string }
  statements: number
}

export interface TableClient {
  stop(): Promise<void>
}

export type Role = 'old' | 'new' | 'births'

/** A client with a connection of its own, which writes until it is stopped, or until it saw an error. */
export async function startTableClient(world: TableWorld, role: Role, pause: number): Promise<TableClient> {
  const connection = new pg.Client(world.url)
  await connection.connect()
  let running = true
  const send: Send = async (sql, values = []) => {
    const begun = performance.now()
    await connection.query(sql, [...values])
    const milliseconds = performance.now() - begun
    world.statements++
    if (milliseconds > world.longest.milliseconds) world.longest = { milliseconds, what: `${role}: ${sql}` }
  }
  const work = async (): Promise<void> => {
    while (running) {
      try {
        await (role === 'births' ? signUp(world, send) : writeOne(world, send, role))
      } catch (error) {
        world.errors.push(
          `${role} at ${new Date().toISOString()}: ${error instanceof Error ? error.message : String(error)}`,
        )
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

type Send = (sql: string, values?: readonly unknown[]) => Promise<void>

/** A new tenant, as the app makes one, with its first rows. */
async function signUp(world: TableWorld, send: Send): Promise<void> {
  const uid = `born${world.next()}`
  await send('insert into app_users values ($1)', [uid])
  await send('select create_user_table($1)', [uid])
  for (let n = 0; n < 2; n++) addEntity(world, `user_table_${md5(uid)}`)
}

export function addEntity(world: TableWorld, table: string, row?: Row, id = world.next()): Entity {
  const notes = table === 'orders' ? undefined : table.replace('user_table_', 'user_notes_')
  const entity: Entity = { table, notes, id, row, words: [], busy: false, untouched: true, deeds: [] }
  world.entities.push(entity)
  return entity
}

/** Phases from whose beginning on new clients write the new columns. */
const newShape: ReadonlySet<string> = new Set(['backfill', 'cutover', 'contract', 'completed'])

async function writeOne(world: TableWorld, send: Send, role: 'old' | 'new'): Promise<void> {
  const { random, entities } = world
  const found = entities[Math.floor(random() * entities.length)]
  if (found === undefined || found.busy) return
  const entity = random() < 0.05 ? addEntity(world, found.table) : found
  entity.busy = true
  try {
    const phase = role === 'new' ? await world.phase() : 'absent'
    const deed = newShape.has(phase) ? newDeed(world, entity) : oldDeed(world, entity, role)
    entity.untouched = false
    entity.deeds.push(`${new Date().toISOString()} ${role} (${phase}) ${deed.what}`)
    await deed.perform(send)
    entity.row = deed.row
    entity.words = deed.words ?? entity.words
  } finally {
    entity.busy = false
  }
}

interface Deed {
  readonly what: string
  readonly row: Row | undefined
  readonly words?: readonly number[]
  perform(send: Send): Promise<void>
}

const kindOf = (table: string): number => (table === 'orders' ? 3 : 7)

function oldDeed(world: TableWorld, entity: Entity, role: 'old' | 'new'): Deed {
  const { table, id, row } = entity
  const n = world.next()
  const { random } = world
  // New clients know that a status is needed soon.
  const status = role === 'old' && random() < 0.3 ? null : `s${n}`
  if (row === undefined) {
    const made: Row = {
      label: `l${n}`,
      cents: n % 9999,
      status,
      kind: n % 5,
      code: `n${n}`,
      age: n % 90,
      points: n % 50,
    }
    return inserted(entity, made, { id, ...made })
  }
  if (random() < 0.15) return other(world, entity)
  const wanted: Partial<Row>[] = [
    { cents: n % 9999 },
    { label: `l${n}`, kind: n % 5 },
    { status },
    { code: `n${n}`, age: n % 90, cents: n % 777 },
    { points: n % 50 },
  ]
  const change = wanted[Math.floor(random() * wanted.length)] ?? {}
  return updated(table, id, { ...row, ...change }, change)
}

function newDeed(world: TableWorld, entity: Entity): Deed {
  const { table, id, row } = entity
  const n = world.next()
  const { random } = world
  const language = random() < 0.5 ? `g${n}` : undefined
  if (row === undefined) {
    const made = { label: `l${n}`, cents: n % 9999, status: `s${n}`, code: `n${n}`, age: n % 90, points: n % 50 }
    const whole: Row = { ...made, kind: kindOf(table), ...(language === undefined ? {} : { language }) }
    return inserted(entity, whole, inNewShape({ id, ...made, ...(language === undefined ? {} : { language }) }))
  }
  if (random() < 0.15) return other(world, entity)
  const wanted: Partial<Row>[] = [
    { cents: n % 9999 },
    { label: `l${n}`, ...(language === undefined ? {} : { language }) },
    { status: `s${n}` },
    { code: `n${n}`, age: n % 90, cents: n % 777 },
    { points: n % 50 },
  ]
  const change = wanted[Math.floor(random() * wanted.length)] ?? {}
  return updated(table, id, { ...row, ...change }, inNewShape(change))
}

function inNewShape(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { label, cents, ...rest } = values
  return {
    ...rest,
    ...(label === undefined ? {} : { title: label }),
    ...(cents === undefined ? {} : { amount: Number(cents) / 100 }),
  }
}

function inserted({ table }: Entity, row: Row, values: Readonly<Record<string, unknown>>): Deed {
  const names = Object.keys(values)
  const places = names.map((_, n) => `$${n + 1}`)
  return {
    what: `insert ${JSON.stringify(values)}`,
    row,
    perform: (send) =>
      send(`insert into ${table} (${names.join(', ')}) values (${places.join(', ')})`, Object.values(values)),
  }
}

function updated(table: string, id: number, row: Row, values: Readonly<Record<string, unknown>>): Deed {
  const sets = Object.keys(values).map((name, n) => `${name} = $${n + 2}`)
  return {
    what: `update ${JSON.stringify(values)}`,
    row,
    perform: (send) => send(`update ${table} set ${sets.join(', ')} where id = $1`, [id, ...Object.values(values)]),
  }
}

/** Deletes the row with its notes, or writes one note. */
function other(world: TableWorld, { table, notes, id, row, words }: Entity): Deed {
  if (notes !== undefined && world.random() < 0.7) {
    const word = world.next()
    const perform = (send: Send): Promise<void> => send(`insert into ${notes} values ($1, $2, 'w')`, [word, id])
    return { what: `note ${word}`, row, words: [...words, word], perform }
  }
  return {
    what: 'delete',
    row: undefined,
    words: [],
    async perform(send) {
      if (notes !== undefined) await send(`delete from ${notes} where owner = $1`, [id])
      await send(`delete from ${table} where id = $1`, [id])
    },
  }
}
