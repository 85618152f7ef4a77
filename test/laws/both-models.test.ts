import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { fleet, meanwhile, shown, vectorOf } from './both-models.cases.ts'
import { openLawStores, openLawStoresAt } from './law-stores.ts'
import type { LawStores } from './law-stores.ts'
import { describeLaws } from './laws.ts'
import { migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

describe('PGlite', () => {
  tryBoth(openLawStores, 'in short')
})

describe('PostgreSQL', needs(postgres?.vector === true ? postgres : undefined, 'no PostgreSQL with pgvector'), () => {
  const open = (): Promise<LawStores> => openLawStoresAt(postgres?.url ?? '')
  tryBoth(open)
  describeLaws([{ operation: 'resize-embeddings', cases: [shown] }], { open, crashes: true })
})

/** In short without what only many clients at once, or many rights, could break. */
function tryBoth(open: () => Promise<LawStores>, how?: 'in short'): void {
  let world: World
  beforeAll(async () => {
    world = await openWorld(undefined, undefined, open)
  })
  afterAll(() => world.close())

  const query = (sql: string): Promise<readonly unknown[]> => world.tables.read((q) => q.query(sql))
  const write = (sql: string): Promise<void> => world.tables.transaction((q) => q.script(sql))
  const start = async (theCase: OperationCase, until?: 'verify'): Promise<void> => {
    await world.fill(theCase)
    const migrator = world.migrator(theCase)
    await migrator.start(await migrator.plan(migrationId), until)
  }
  /** What PGlite, which has one session, is not asked for: no test there, rather than a skipped one. */
  const inFull: (name: string, test: () => Promise<void>) => void = how === 'in short' ? () => undefined : it
  let texts = 0
  /** A client of each model inserts two rows, one of which gets another text, another key and, with its old text, its vector again. */
  const clients = async (): Promise<void> => {
    for (const model of ['small', 'large'] as const) {
      const text = `text ${++texts}`
      const [one, two, other] = await Promise.all(
        [text, `${text} two`, `${text} other`].map((each) => vectorOf(model, each)),
      )
      await write(`insert into lockstep_both.documents (content, embedding) values ('${text}', ${one}), ('${text} two', ${two});
        update lockstep_both.documents set content = '${text} other', embedding = ${other} where content = '${text}';
        update lockstep_both.documents set id = id + 1000 where content = '${text} other';
        update lockstep_both.documents set embedding = ${two}, seen = 8 where content = '${text} two'`)
    }
  }
  /** A client of the table itself. */
  const beside = async (model: 'small' | 'large'): Promise<void> => {
    const text = `text ${++texts}`
    await write(`update documents set content = '${text}', embedding = ${await vectorOf(model, text)} where id = 2`)
  }
  /** Texts whose vector is not that of the model. */
  const wrong = async (model: 'small' | 'large'): Promise<readonly unknown[]> => {
    const rows = await query('select distinct content from documents where content is not null')
    const texts = rows.map((row) => (row as { content: string }).content)
    const known = await Promise.all(
      texts.map(async (text) => `('${text}', ${await vectorOf(model, text)}::extensions.vector)`),
    )
    return query(
      `select d.content from documents d join (values ${known.join(', ')}) v (content, vector) using (content)
       where d.embedding is null or extensions.vector_dims(d.embedding) <> extensions.vector_dims(v.vector)
         or (case when extensions.vector_dims(d.embedding) = extensions.vector_dims(v.vector) then d.embedding operator(extensions.<=>) v.vector end) > 0.001`,
    )
  }

  it('whatever clients of both models write, in whatever phase, has its vector, there and back', async () => {
    let written = 0
    const once = async (): Promise<void> => {
      if (written++ === 0) await clients()
    }
    meanwhile.there = once
    await start(shown, 'verify')
    meanwhile.there = async () => {}
    await clients()
    await beside('small')
    const migrator = world.migrator(shown)
    await migrator.resume(migrationId)
    expect(await wrong('large')).toEqual([])
    await clients()
    expect(await wrong('large')).not.toEqual([])
    expect(await migrator.verify(migrationId, 'counts')).toBe(1)
    await migrator.status()
    expect(await migrator.behind()).toBe(1)
    await migrator.catchUp(migrationId)
    expect(await migrator.behind()).toBe(0)
    expect(await migrator.verify(migrationId, 'full')).toBe(0)
    expect(await wrong('large')).toEqual([])
    await clients()
    await beside('large')
    written = 0
    meanwhile.back = once
    await world.migrator(shown).down(migrationId)
    meanwhile.back = async () => {}
    expect(written).toBeGreaterThan(0)
    expect(await wrong('small')).toEqual([])
    expect(await query("select nspname from pg_namespace where nspname ~ '^lockstep_'")).toEqual([])
  })

  it('rows that clients of the new model wrote before the switch have their vectors after a down from there', async () => {
    await start(shown, 'verify')
    await clients()
    await world.migrator(shown).down(migrationId)
    expect(await wrong('small')).toEqual([])
    expect(await query('select seen, count(*)::int as n from documents group by 1 order by 1')).toEqual([
      { seen: 7, n: 5 },
      { seen: 8, n: 2 },
    ])
    expect(await query("select nspname from pg_namespace where nspname ~ '^lockstep_'")).toEqual([])
  })

  inFull('what the view writes is what the table would have', async () => {
    await start(shown)
    const vector = await vectorOf('small', 'a text')
    const insert = await world.tables.transaction((q) =>
      q.query(
        `insert into lockstep_both.documents (content, embedding) values ('a text!', ${vector}) returning id, content, seen, length, embedding`,
      ),
    )
    expect(insert).toEqual([{ id: 4, content: 'a text.', seen: 7, length: 7, embedding: null }])
    const same = await world.tables.transaction((q) =>
      q.query(
        `update lockstep_both.documents set embedding = ${vector} where id = 1 returning extensions.vector_dims(embedding) as d`,
      ),
    )
    expect(same).toEqual([{ d: 16 }])
    await expect(write("insert into lockstep_both.documents (embedding) values ('[1,2,3]')")).rejects.toThrow(
      /expected 16 dimensions/,
    )
    await expect(write('insert into lockstep_both.documents (seen) values (null)')).rejects.toThrow(/null value/)
    // What one of two clients counted at the same moment is not lost: the other is told to try again.
    const count = 'update lockstep_both.documents set seen = seen + 1 where id = 4'
    let second: Promise<void> | undefined
    await world.tables.transaction(async (q) => {
      await q.script(count)
      second = write(count)
      second.catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 200))
    })
    await expect(second).rejects.toMatchObject({ code: '40001' })
    await write('delete from lockstep_both.documents where id = 4')
    await world.migrator(shown).complete(migrationId)
    expect(await query("select relname from pg_class where relnamespace = to_regnamespace('lockstep_both')")).toEqual(
      [],
    )
    expect(await query("select tgname from pg_trigger where tgrelid = 'documents'::regclass")).toEqual([
      { tgname: 'shouting' },
    ])
  })

  inFull('clients go on writing through the view while tables change places', async () => {
    await world.fill(shown)
    let going = true
    const errors: string[] = []
    const writing = async (): Promise<void> => {
      while (going) {
        const view = await query("select to_regclass('lockstep_both.documents') is not null as there")
        if ((view as [{ there: boolean }])[0].there) await clients().catch((error: Error) => errors.push(error.message))
        else await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    const migrator = world.migrator(shown)
    const planned = await migrator.plan(migrationId)
    const written = writing()
    await migrator.start(planned)
    const before = texts
    await migrator.catchUp(migrationId)
    await migrator.down(migrationId)
    going = false
    await written
    expect(texts).toBeGreaterThan(before)
    // The last of them may come when the view has just gone.
    expect(errors.filter((message) => !message.includes('"lockstep_both.documents" does not exist'))).toEqual([])
    expect(errors.length).toBeLessThanOrEqual(1)
    expect(await wrong('small')).toEqual([])
  })

  inFull('clients have those rights through the view that they have on the table', async () => {
    const as = (sql: string): Promise<void> => write(`set local role law_client; ${sql}`)
    await start(shown)
    const vector = await vectorOf('small', 'mine')
    await as(`insert into lockstep_both.documents (content, embedding) values ('mine', ${vector})`)
    await as("update lockstep_both.documents set content = 'mine too' where seen = 7")
    expect(await query("select count(*)::int as n from documents where content = 'mine too'")).toEqual([{ n: 1 }])
    // A policy lets it write rows that it may not see.
    await as(`insert into lockstep_both.documents (content, embedding) values ('theirs', ${vector})`)
    await expect(as("insert into lockstep_both.documents (content) values ('forbidden')")).rejects.toThrow(
      /row-level security/,
    )
    await expect(as('delete from lockstep_both.documents')).rejects.toThrow(/permission denied/)
  })

  it('tenants born during the soak get their view by the next up, and lose it with the others', async () => {
    await start(fleet)
    await write("insert into owners values ('c'); select create_notes('c'); insert into notes_c (content) values ('x')")
    const migrator = world.migrator(fleet)
    await migrator.catchUp(migrationId)
    const views = "select viewname as name from pg_views where schemaname = 'lockstep_both' order by 1"
    expect(await query(views)).toEqual(['a', 'b', 'c'].map((uid) => ({ name: `notes_${uid}` })))
    await write(
      `insert into lockstep_both.notes_c (content, embedding) values ('third text', ${await vectorOf('small', 'third text')})`,
    )
    await world.migrator(fleet).down(migrationId)
    expect(await query('select content, extensions.vector_dims(embedding) as d from notes_c order by id')).toEqual([
      { content: 'x', d: 8 },
      { content: 'third text', d: 8 },
    ])
    expect(await query("select nspname from pg_namespace where nspname ~ '^lockstep_'")).toEqual([])
  })
}
