import { expect, test } from 'vitest'
import { embedPages } from './embed-pages.ts'
import type { TextPage } from './embed-pages.ts'
import { defineModel } from './embedder.ts'
import type { Embedded, Embedder } from './embedder.ts'
import { createLocalEmbedder } from './local-embedder.ts'

const dimensions = 8
const signal = new AbortController().signal
const embedded = async <Page extends TextPage>(
  embedder: Embedder,
  pages: AsyncGenerator<Page>,
): Promise<readonly (readonly Embedded[])[]> => {
  const all: (readonly Embedded[])[] = []
  for await (const { answers } of embedPages(embedder, pages, signal)) all.push(answers)
  return all
}
async function* pagesOf(...pages: readonly (readonly string[])[]): AsyncGenerator<TextPage> {
  for (const texts of pages) yield { texts }
}

/** Foresees shares of a call as the test says, and answers when it says so; what nobody waits for ends at once, or then as well. */
function createSeer(
  share: number,
  isPatient?: boolean,
): {
  readonly embedder: Embedder
  readonly foreseen: (readonly string[])[]
  readonly needed: (readonly string[])[]
  settle(): void
} {
  const foreseen: (readonly string[])[] = []
  const needed: (readonly string[])[] = []
  const waiting: (() => void)[] = []
  const embedder: Embedder = {
    model: defineModel({ provider: 'seer', model: 'seer', dimensions, normalised: false }),
    async embed(texts) {
      needed.push(texts)
      return texts.map(() => ({ vector: new Float32Array(dimensions) }))
    },
    async foresee(texts, { signal }) {
      foreseen.push(texts)
      const done = new Promise<void>((resolve) => {
        waiting.push(resolve)
        if (isPatient !== true) signal.addEventListener('abort', () => resolve())
      })
      return { fresh: texts.length, share, done }
    },
  }
  return { embedder, foreseen, needed, settle: () => waiting.shift()?.() }
}

const settled = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await new Promise(setImmediate)
}

test('answers come page by page in order, also of an embedder that foresees nothing', async () => {
  const local = createLocalEmbedder({ dimensions })
  const pages = [['a', 'b'], [], ['c'], ['d', 'a']]
  const expected = await Promise.all(pages.map((texts) => local.embed(texts, {})))
  expect(await embedded(local, pagesOf(...pages))).toEqual(expected)
})

test('reads some calls ahead, needs a page only when nothing more can be read, and reads on as pages are done with', async () => {
  const { embedder, foreseen, needed } = createSeer(1)
  const many = Array.from({ length: 10 }, (_, n) => [`${n}`])
  const pages = embedPages(embedder, pagesOf(...many), signal)
  const first = await pages.next()
  expect(first.value?.page.texts).toEqual(['0'])
  expect([foreseen.length, needed.length]).toEqual([4, 1])
  await pages.next()
  await settled()
  expect([foreseen.length, needed.length]).toEqual([5, 2])
  await pages.return(undefined)
})

test('a page that is answered is given at once, whatever could still be read', async () => {
  const { embedder, foreseen, needed, settle } = createSeer(0.1)
  let release = (): void => {}
  const slow = new Promise<void>((resolve) => (release = resolve))
  async function* source(): AsyncGenerator<TextPage> {
    yield { texts: ['a'] }
    yield { texts: ['b'] }
    await slow
    yield { texts: ['c'] }
  }
  const pages = embedPages(embedder, source(), signal)
  const first = pages.next()
  await settled()
  expect([foreseen.length, needed.length]).toEqual([2, 0])
  settle()
  expect((await first).value?.page.texts).toEqual(['a'])
  const second = pages.next()
  await settled()
  expect(needed).toHaveLength(1)
  release()
  expect((await second).value?.page.texts).toEqual(['b'])
  expect((await pages.next()).value?.page.texts).toEqual(['c'])
  expect((await pages.next()).done).toBe(true)
})

test('what cannot be read or embedded is thrown, after the pages before it, and the source is closed', async () => {
  let closed = 0
  async function* broken(): AsyncGenerator<TextPage> {
    try {
      yield { texts: ['a'] }
      throw new Error('not to be read')
    } finally {
      closed++
    }
  }
  await expect(embedded(createSeer(1).embedder, broken())).rejects.toThrow('not to be read')
  const refusing = { ...createSeer(1).embedder, embed: () => Promise.reject(new Error('no more money')) }
  await expect(embedded(refusing, broken())).rejects.toThrow('no more money')
  const pages = embedPages(createSeer(1).embedder, broken(), signal)
  await pages.next()
  await pages.return(undefined)
  expect(closed).toBe(3)
})

test('who gives up waits until nothing is on its way any more', async () => {
  const { embedder, foreseen, settle } = createSeer(1, true)
  const pages = embedPages(embedder, pagesOf(['a'], ['b'], ['c']), signal)
  await pages.next()
  expect(foreseen).toHaveLength(3)
  let isOver = false
  const end = pages.return(undefined).then(() => (isOver = true))
  for (const _ of ['a', 'b']) settle()
  await settled()
  expect(isOver).toBe(false)
  settle()
  await end
})
