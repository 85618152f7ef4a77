import { setMaxListeners } from 'node:events'
import type { Embedded, Embedder } from './embedder.ts'

export interface TextPage {
  readonly texts: readonly string[]
}

export interface EmbeddedPage<Page extends TextPage> {
  readonly page: Page
  /** One a text. */
  readonly answers: readonly Embedded[]
}

/** A page that was read before its turn. */
interface Ahead<Page extends TextPage> {
  readonly page: Page
  /** How much of a call it fills, and the bytes of the vectors that are still to come for it. */
  readonly share: number
  readonly vectors: number
  /** Bytes of its texts, about. */
  readonly bytes: number
  settled: boolean
  /** Resolves when nothing of it is on its way any more, whatever came of it. */
  readonly over: Promise<unknown>
  answers(): Promise<readonly Embedded[]>
}

/** What is read ahead at least, so that calls are full: in calls. More only as long as the vectors are few. */
const least = 1.25
const most = 4
const manyVectors = 24_000_000
/** Where most texts are known already, a full call would be far ahead: not farther than these bytes of texts. */
const manyBytes = 16_000_000

function hasRoom<Page extends TextPage>(ahead: readonly Ahead<Page>[]): boolean {
  const sum = (of: (page: Ahead<Page>) => number): number => ahead.reduce((total, page) => total + of(page), 0)
  const share = sum((page) => page.share)
  if (sum((page) => page.bytes) >= manyBytes) return false
  return share < least || (share < most && sum((page) => page.vectors) < manyVectors)
}

/**
 * Pages with the answers to their texts, in order. Reads as far ahead as full calls need, so that the memory taken does not depend on
 * the number of pages; a call that is not full is made only where its page's turn has come and nothing more can be read before.
 */
export async function* embedPages<Page extends TextPage>(
  embedder: Embedder,
  pages: AsyncGenerator<Page>,
  signal: AbortSignal,
): AsyncGenerator<EmbeddedPage<Page>> {
  const stop = new AbortController()
  const ahead: Ahead<Page>[] = []
  const news = createNews()
  const both = AbortSignal.any([signal, stop.signal])
  // Each page that is on its way listens.
  setMaxListeners(0, both)
  const reader = { ended: false }
  const reading = readAhead(embedder, pages, { ahead, news, signal: both }).finally(() => {
    reader.ended = true
    news.tell()
  })
  // Looked at in the end; until then it is nobody's error.
  reading.catch(() => undefined)
  const isToWait = (): boolean => ahead[0]?.settled !== true && !reader.ended && hasRoom(ahead)
  try {
    for (;;) {
      while (isToWait()) await news.next()
      const [first] = ahead
      signal.throwIfAborted()
      if (first === undefined) break
      yield { page: first.page, answers: await first.answers() }
      ahead.shift()
      news.tell()
    }
    await reading
  } finally {
    stop.abort()
    news.tell()
    await Promise.allSettled([reading])
    // What is on its way is paid for: it is kept before whoever has the cache goes.
    await Promise.all(ahead.map(({ over }) => over))
    await pages.return(undefined)
  }
}

interface Reading<Page extends TextPage> {
  readonly ahead: Ahead<Page>[]
  readonly news: News
  readonly signal: AbortSignal
}

async function readAhead<Page extends TextPage>(
  embedder: Embedder,
  pages: AsyncGenerator<Page>,
  { ahead, news, signal }: Reading<Page>,
): Promise<void> {
  for (;;) {
    while (!hasRoom(ahead) && !signal.aborted) await news.next()
    if (signal.aborted) return
    const next = await pages.next()
    if (next.done === true) return
    const page = await lookAhead(embedder, next.value, { signal, news })
    ahead.push(page)
    news.tell()
  }
}

async function lookAhead<Page extends TextPage>(
  embedder: Embedder,
  page: Page,
  { signal, news }: Pick<Reading<Page>, 'signal' | 'news'>,
): Promise<Ahead<Page>> {
  const { texts } = page
  const bytes = texts.reduce((sum, text) => sum + text.length + 200, 0)
  const ask = (): Promise<readonly Embedded[]> =>
    texts.length === 0 ? Promise.resolve([]) : embedder.embed(texts, { signal })
  if (embedder.foresee === undefined) {
    const asked = ask()
    // Looked at when its turn comes.
    const over = asked.catch(() => undefined)
    // One page is embedded while another is written.
    return { page, share: least / 2, vectors: manyVectors, bytes, settled: true, over, answers: () => asked }
  }
  // It ends when the answers are asked for: that alone tells that they are needed.
  const leisure = new AbortController()
  // Its texts may be those of many other pages.
  setMaxListeners(0, leisure.signal)
  const { fresh, share, done } = await embedder.foresee(texts, { signal, leisure: leisure.signal })
  const vectors = fresh * embedder.model.dimensions * 4
  const found: Ahead<Page> = { page, share, vectors, bytes, settled: false, over: done, answers: ask }
  void settle(found, news)
  return found
}

async function settle<Page extends TextPage>(page: Ahead<Page>, news: News): Promise<void> {
  await page.over
  page.settled = true
  news.tell()
}

interface News {
  /** Resolves when something changes from now on. */
  next(): Promise<void>
  tell(): void
}

function createNews(): News {
  let resolve = (): void => {}
  let next = new Promise<void>((done) => (resolve = done))
  return {
    next: () => next,
    tell() {
      const told = resolve
      next = new Promise<void>((done) => (resolve = done))
      told()
    },
  }
}
