import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Timestamp } from '@google-cloud/firestore'
import { afterAll, describe, expect, test } from 'vitest'
import { absent, differences, encodeFields, expectAfter, type Expectation, type WriteEvent } from './expectations.ts'
import { createJournal, loadExpectations } from './journal.ts'
import { createLanes } from './lanes.ts'
import { createPatience, isPassing } from './patience.ts'

const event = (more: Partial<WriteEvent>): WriteEvent => ({
  at: '',
  op: 'test',
  store: 'firestore',
  target: 'a/b',
  write: 'update',
  fields: {},
  outcome: 'acknowledged',
  ...more,
})

const after = (...events: Partial<WriteEvent>[]): Expectation | undefined =>
  events.map(event).reduce<Expectation | undefined>(expectAfter, undefined)

describe('what must be found', () => {
  test('the last acknowledged value of each field; other fields are not asked for', () => {
    const expected = after({ fields: { x: [1], y: [2] } }, { fields: { x: [3] } })!
    expect(differences(expected, { x: 3, y: 2, z: 9 })).toEqual([])
    expect(differences(expected, { x: 1, y: 2 })).toEqual(['x'])
    expect(differences(expected, { x: null })).toEqual(['x', 'y'])
    expect(differences(expected, undefined)).toEqual([''])
  })

  test('a write of unknown fate allows both values, until the next acknowledged one', () => {
    const open = after({ fields: { x: [1], y: [1] } }, { fields: { x: [2] }, outcome: 'unknown' })!
    expect(differences(open, { x: 1, y: 1 })).toEqual([])
    expect(differences(open, { x: 2, y: 1 })).toEqual([])
    expect(differences(open, { x: 3, y: 1 })).toEqual(['x'])
    expect(differences(expectAfter(open, event({ fields: { x: [4] } }))!, { x: 2, y: 1 })).toEqual(['x'])
  })

  test('a set of unknown fate may have removed the other fields, a delete the document', () => {
    const set = after({ fields: { x: [1], y: [1] } }, { write: 'set', fields: { x: [2] }, outcome: 'unknown' })!
    expect(differences(set, { x: 2 })).toEqual([])
    expect(differences(set, { y: 1 })).toEqual(['x'])
    const deleted = after({ fields: { x: [1] } }, { write: 'delete', outcome: 'unknown' })!
    expect(differences(deleted, undefined)).toEqual([])
    expect(differences(deleted, { x: 2 })).toEqual(['x'])
  })

  test('before anything was acknowledged nothing is asked for', () => {
    expect(after({ fields: { x: [1] }, outcome: 'unknown' })).toBeUndefined()
    expect(differences(after({ write: 'delete' })!, { x: 1 })).toEqual([''])
    expect(differences(after({ write: 'set', fields: { l: [absent, 'en'] } })!, { l: 'de' })).toEqual(['l'])
  })

  test('values keep their type, and the order of keys means nothing', () => {
    const data = encodeFields({ at: new Timestamp(5, 7), map: { b: 1, a: [Number.NaN] } })
    const expected = after({ fields: { at: [{ $timestamp: '5.7' }], map: [{ a: [{ $number: 'NaN' }], b: 1 }] } })!
    expect(differences(expected, data)).toEqual([])
    expect(differences(expected, { ...data, at: 5 })).toEqual(['at'])
  })
})

describe('the journal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('memory is bounded, the file holds everything', async () => {
    const file = join(folder, 'bounded.ndjson')
    const journal = createJournal({ file, limit: 3 })
    for (let index = 0; index < 5; index++) journal.note(event({ target: `a/${index}`, fields: { x: [index] } }))
    journal.note(event({ target: 'a/2', fields: { x: [20] } }))
    journal.note(event({ target: 'a/5', fields: { x: [5] } }))
    journal.close()
    expect(journal.expectations().map(({ target }) => target)).toEqual(['a/4', 'a/2', 'a/5'])
    expect(journal.evicted()).toBe(3)
    const loaded = await loadExpectations(file)
    expect(loaded).toHaveLength(6)
    expect(loaded.find(({ target }) => target === 'a/2')?.fields).toEqual({ x: [20] })
  })

  test('a last line cut off by a crash is left out, a broken one before it is an error', async () => {
    const file = join(folder, 'torn.ndjson')
    writeFileSync(file, `${JSON.stringify(event({ fields: { x: [1] } }))}\n`)
    appendFileSync(file, JSON.stringify(event({ fields: { x: [{ a: 2 }] } })).slice(0, -40))
    expect((await loadExpectations(file))[0]?.fields).toEqual({ x: [1] })
    writeFileSync(file, `{"at\n${readFileSync(file, 'utf8')}`)
    await expect(loadExpectations(file)).rejects.toThrow(SyntaxError)
  })
})

test('work on one document waits for the work before it, also when that failed; other documents do not', async () => {
  const lanes = createLanes()
  const order: string[] = []
  let release = (): void => undefined
  const first = lanes.run('a', async () => {
    await new Promise<void>((resolve) => (release = resolve))
    order.push('first')
    throw new Error('failed')
  })
  const second = lanes.run('a', async () => order.push('second'))
  await lanes.run('b', async () => order.push('other'))
  release()
  await expect(first).rejects.toThrow('failed')
  await second
  expect(order).toEqual(['other', 'first', 'second'])
})

test('what passes is tried again, what does not is not, and patience ends', async () => {
  const failing = (code: number | string) => Object.assign(new Error('no'), { code })
  const passing = [14, 10, 'ECONNRESET', '57P01', '40P01', '08006']
  expect(passing.map((code) => isPassing(failing(code)))).toEqual(passing.map(() => true))
  const lasting = [5, 7, 9, '42P01', '23505', 'LOST']
  expect(lasting.map((code) => isPassing(failing(code)))).toEqual(lasting.map(() => false))
  expect(isPassing(new Error('Connection terminated unexpectedly'))).toBe(true)

  let calls = 0
  const patience = createPatience(5_000)
  expect(await patience.run(async () => (++calls < 3 ? Promise.reject(failing(14)) : 'done'))).toBe('done')
  expect(patience.retries()).toBe(2)
  await expect(createPatience(0).run(() => Promise.reject(failing(14)))).rejects.toMatchObject({ code: 14 })
})
