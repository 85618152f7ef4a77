import { expect, it } from 'vitest'
import { createVectorPointers } from './vector-pointers.ts'
import type { QueryFunction, VectorPointer } from './vector-pointers.ts'

/** A database with one table, whose pointer tests change. */
function world(first: VectorPointer | undefined) {
  const state = { pointer: first, time: 0, reads: 0 }
  const query: QueryFunction = async (sql, params) => {
    if (sql.includes('to_regclass')) return [{ name: state.pointer === undefined ? null : 'lockstep_vectors.pointers' }]
    state.reads++
    return params[0] === 'documents' && state.pointer !== undefined ? [state.pointer] : []
  }
  return { state, pointers: createVectorPointers(query, { now: () => state.time, freshFor: 1_000 }) }
}

const small = { model: 'small', dimensions: 8 }
const large = { model: 'large', dimensions: 16 }
/** As a query builder throws it. */
const refused = (): Error =>
  new Error('query failed', { cause: Object.assign(new Error('expected 16 dimensions, not 8'), { code: '22000' }) })

it('reads a pointer once for as long as it is fresh, also for those who ask at once', async () => {
  const { state, pointers } = world(small)
  expect(await Promise.all([pointers.of('documents'), pointers.of('documents')])).toEqual([small, small])
  state.pointer = large
  state.time = 999
  expect(await pointers.of('documents')).toEqual(small)
  expect(state.reads).toBe(1)
  state.time = 1_000
  expect(await pointers.of('documents')).toEqual(large)
})

it('knows of no pointer where no migration has run, or the table is another', async () => {
  expect(await world(undefined).pointers.of('documents')).toBeUndefined()
  expect(await world(small).pointers.of('others')).toBeUndefined()
})

it('knows of none where the way back takes them away while it asks', async () => {
  const pointers = createVectorPointers(async (sql) => {
    if (sql.includes('to_regclass')) return [{ name: 'lockstep_vectors.pointers' }]
    throw Object.assign(new Error('relation does not exist'), { code: '42P01' })
  })
  expect(await pointers.of('documents')).toBeUndefined()
})

it('runs the work once more with the new pointer after the switch', async () => {
  const { state, pointers } = world(small)
  const asked: (number | undefined)[] = []
  const found = await pointers.use('documents', async (pointer) => {
    asked.push(pointer?.dimensions)
    state.pointer = large
    if (pointer?.dimensions === 8) throw refused()
    return 'found'
  })
  expect([found, asked]).toEqual(['found', [8, 16]])
})

it('does not repeat what failed for another reason, or with the pointer as it is', async () => {
  const { state, pointers } = world(small)
  let runs = 0
  const failing = (error: Error) => () => {
    runs++
    return Promise.reject(error)
  }
  await expect(pointers.use('documents', failing(refused()))).rejects.toThrow('query failed')
  await expect(pointers.use('documents', failing(Object.assign(new Error('no'), { code: '42501' })))).rejects.toThrow(
    'no',
  )
  expect([runs, state.reads]).toEqual([2, 2])
})

it('runs the work twice at most', async () => {
  const { state, pointers } = world(small)
  let runs = 0
  const work = (): Promise<never> => {
    runs++
    state.pointer = { model: 'next', dimensions: 100 + runs }
    return Promise.reject(refused())
  }
  await expect(pointers.use('documents', work)).rejects.toThrow('query failed')
  expect(runs).toBe(2)
})

it('a reading that failed is not kept', async () => {
  let fails = true
  const pointers = createVectorPointers(async (sql) => {
    if (fails) throw new Error('no connection')
    return sql.includes('to_regclass') ? [{ name: 'x' }] : [small]
  })
  await expect(pointers.of('documents')).rejects.toThrow('no connection')
  fails = false
  expect(await pointers.of('documents')).toEqual(small)
})
