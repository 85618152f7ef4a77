import { expect, test } from 'vitest'
import type { Answers } from './cache.ts'
import { createRounds } from './rounds.ts'
import type { Rounds } from './rounds.ts'

interface Work {
  readonly texts: readonly string[]
  readonly signal: AbortSignal
  end(): void
}

/** Rounds whose work goes on until the test ends it, as a call does that is paid for. */
function createHeldRounds(): { readonly rounds: Rounds; readonly works: Work[] } {
  const works: Work[] = []
  const rounds = createRounds(
    (texts, { signal }) =>
      new Promise<Answers>((resolve, reject) => {
        const end = (): void => {
          if (signal.aborted) reject(signal.reason as Error)
          else resolve(new Map([...texts.keys()].map((hash) => [hash, { vector: Float32Array.of(1) }])))
        }
        works.push({ texts: [...texts.keys()], signal, end })
      }),
  )
  return { rounds, works }
}

const turns = async (): Promise<void> => {
  for (let n = 0; n < 5; n++) await new Promise(setImmediate)
}
const of = (...hashes: readonly string[]): ReadonlyMap<string, string> => new Map(hashes.map((hash) => [hash, hash]))
const outcome = (asked: ReturnType<Rounds['ask']>): Promise<unknown> =>
  asked.then(
    (answers) => [...answers.keys()],
    (error: unknown) => error,
  )

test('a text whose caller has left is asked for again only when what was sent for him has ended, and by one', async () => {
  const { rounds, works } = createHeldRounds()
  const gone = new AbortController()
  const first = outcome(rounds.ask(of('a', 'b'), { signal: gone.signal }))
  gone.abort(new Error('gone'))
  const later = [
    outcome(rounds.ask(of('b', 'c'), { signal: undefined })),
    outcome(rounds.ask(of('b'), { signal: undefined })),
  ]
  await turns()
  expect(works.map(({ texts }) => texts)).toEqual([['a', 'b']])
  works[0]?.end()
  await turns()
  expect(works.map(({ texts }) => texts)).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ])
  works[1]?.end()
  expect(await first).toEqual(new Error('gone'))
  expect(await Promise.all(later)).toEqual([['b', 'c'], ['b']])
})

test('who leaves others with his texts does not wait for them; the last one waits until the work has ended', async () => {
  const { rounds, works } = createHeldRounds()
  const [early, late] = [new AbortController(), new AbortController()]
  const first = outcome(rounds.ask(of('a'), { signal: early.signal }))
  let isOver = false
  const second = outcome(rounds.ask(of('a'), { signal: late.signal })).finally(() => (isOver = true))
  early.abort(new Error('early'))
  expect(await first).toEqual(new Error('early'))
  expect(works[0]?.signal.aborted).toBe(false)
  late.abort(new Error('late'))
  await turns()
  expect([works[0]?.signal.aborted, isOver]).toEqual([true, false])
  works[0]?.end()
  expect(await second).toEqual(new Error('late'))
})
