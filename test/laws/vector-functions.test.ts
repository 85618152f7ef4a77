import { afterAll, beforeAll, expect, it } from 'vitest'
import { createVectorPointers } from '../../src/client/vector-pointers.ts'
import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { byDimension, byFile, byModel, untold } from './vector-functions.cases.ts'
import { catalogOf, migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const query = (sql: string): Promise<readonly unknown[]> => world.tables.read((q) => q.query(sql))
const definitions = (): Promise<readonly unknown[]> =>
  query(`select pg_get_functiondef(p.oid) as definition, obj_description(p.oid, 'pg_proc') as comment, proacl::text as acl from pg_proc p
         where pronamespace = 'public'::regnamespace order by proname`)
const up = async (theCase: OperationCase): Promise<void> => {
  const migrator = world.migrator(theCase)
  await migrator.start(await migrator.plan(migrationId))
}

/** The old vector of the row `n`, as a client of the old model asks for it. */
const old = (n: number): string => `'[${n}${',1'.repeat(7)}]'::extensions.vector`
const fresh = async (text: string, model = 'hash-1', dimensions = 16): Promise<string> => {
  const [answer] = await createLocalEmbedder({ model, dimensions }).embed([text], {})
  return answer !== undefined && 'vector' in answer ? `'[${answer.vector.join(',')}]'::extensions.vector` : ''
}

it('functions serve queries of either dimension during the soak, with the rights that clients have', async () => {
  await world.fill(byDimension)
  const before = [await definitions(), await catalogOf(world.tables)]
  await up(byDimension)
  const [five] = [await fresh('text 5')]
  const asClient = (sql: string): Promise<readonly unknown[]> =>
    world.tables.read(async (q) => {
      await q.script('set local role law_searcher')
      return q.query(sql)
    })
  expect(await asClient(`select * from near(${old(4)}, 1)`)).toEqual([{ id: 4, content: 'text 4' }])
  expect(await asClient(`select * from near(query => ${five}, most => 1)`)).toEqual([{ id: 5, content: 'text 5' }])
  expect(await asClient(`select nearest(${old(4)}) as before, nearest(${five}) as now`)).toEqual([
    { before: 4, now: 5 },
  ])
  // Who may not call the function may not call what it calls either.
  const rights =
    "select has_function_privilege('public', oid, 'execute') as open from pg_proc where proname ~ '^(old|new)_.*_0$'"
  expect(await query(rights)).toEqual([{ open: false }, { open: false }])
  expect(await asClient(`select near_in('documents', ${old(3)}) as id`)).toEqual([{ id: 3 }])
  expect(await asClient(`select near_in('documents', ${five}) as id`)).toEqual([{ id: 5 }])
  expect(await world.migrator(byDimension).verify(migrationId, 'full')).toBe(0)
  await world.migrator(byDimension).down(migrationId)
  expect([await definitions(), await catalogOf(world.tables)]).toEqual(before)
  expect(await query("select nspname from pg_namespace where nspname ~ '^lockstep_'")).toEqual([])
})

it('after complete they are as they were, or as their file has them', async () => {
  await world.fill(byFile)
  const before = await definitions()
  await up(byFile)
  const five = await fresh('text 5')
  expect(await query(`select id from near(${old(4)}, 1)`)).toEqual([{ id: 4 }])
  expect(await query(`select id from near(${five}, 1)`)).toEqual([{ id: -5 }])
  await world.migrator(byFile).complete(migrationId)
  expect(await query(`select id from near(${five}, 1)`)).toEqual([{ id: -5 }])
  const changed = (await definitions()).filter(
    (each) => !before.some((one) => JSON.stringify(one) === JSON.stringify(each)),
  )
  expect(changed).toEqual([
    {
      definition: expect.stringContaining('select 0 - d.id'),
      comment: 'what is near',
      acl: expect.stringContaining('law_searcher'),
    },
  ])
  expect(await query("select proname from pg_proc where proname ~ '^(old|new)_'")).toEqual([])
})

it('what someone has replaced meanwhile stays as it is, and is told of', async () => {
  await world.fill(byDimension)
  await up(byDimension)
  const mine = "create or replace function nearest(query extensions.vector) returns int language sql as 'select 42'"
  await world.tables.transaction((q) => q.script(mine))
  const found: string[] = []
  const listening = world.migrator(byDimension, undefined, (message) => {
    if ('event' in message && message.event.type === 'finding')
      found.push(`${message.event.where} ${message.event.problem}`)
  })
  await listening.verify(migrationId, 'full')
  expect(found).toEqual([
    'public.nearest(extensions.vector) it was replaced, and does not serve queries of the old model',
  ])
  await world.migrator(byDimension).down(migrationId)
  expect(await query(`select nearest(${old(1)}) as id`)).toEqual([{ id: 42 }])
})

it('where the dimension stays the same a client says its model', async () => {
  await world.fill(byModel)
  await up(byModel)
  const [pointer] = (await query('select model from lockstep_vectors.pointers')) as readonly {
    readonly model: string
  }[]
  const five = await fresh('text 5', 'hash-2', 8)
  const near = (model: string | undefined, vector: string): Promise<readonly unknown[]> =>
    query(`select near_by(${model === undefined ? 'null' : `'${model}'`}, ${vector}) as id`)
  expect(await near(pointer?.model, five)).toEqual([{ id: 5 }])
  const four = await fresh('text 4', 'hash-1', 8)
  expect(await near('the old one', four)).toEqual([{ id: 4 }])
  expect(await near(undefined, four)).toEqual([{ id: 4 }])
})

it('functions that could not serve both are told of together', async () => {
  await world.fill(untold)
  const error = await world
    .migrator(untold)
    .plan(migrationId)
    .catch((thrown: unknown) => thrown)
  const also = (error as { readonly also?: readonly Error[] }).also ?? []
  expect([error as Error, ...also].map(({ message }) => message)).toEqual([
    expect.stringContaining('nothing would tell queries of one model'),
    expect.stringContaining('nowhere cannot serve both models: there is none of that name'),
    expect.stringContaining('it has no argument of'),
  ])
})

it('a client reads the pointer again when Postgres answers 22000', async () => {
  await world.fill(byDimension)
  const pointers = createVectorPointers((sql, params) => world.tables.read((q) => q.query(sql, params)), {
    freshFor: Infinity,
  })
  expect(await pointers.of('documents')).toBeUndefined()
  await up(byDimension)
  const vectors: Record<number, string> = { 8: old(4), 16: await fresh('text 5') }
  const asked: (number | undefined)[] = []
  const found = await pointers.use('documents', async (pointer) => {
    asked.push(pointer?.dimensions)
    const vector = vectors[pointer?.dimensions ?? 8]
    return query(`select id from documents order by embedding operator(extensions.<->) ${vector} limit 1`)
  })
  expect([found, asked]).toEqual([[{ id: 5 }], [undefined, 16]])
})
