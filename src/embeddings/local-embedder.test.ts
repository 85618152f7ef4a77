import { expect, test } from 'vitest'
import { createLocalEmbedder } from './local-embedder.ts'

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * b[at]!, 0)

async function vectors(texts: readonly string[], dimensions: number, model?: string): Promise<readonly Float32Array[]> {
  const embedder = createLocalEmbedder({ dimensions, ...(model === undefined ? {} : { model }) })
  return (await embedder.embed(texts, {})).map((each) => ('vector' in each ? each.vector : new Float32Array()))
}

test('equal texts give equal vectors of length 1 in any dimension', async () => {
  for (const dimensions of [1, 2, 384, 1536, 3072]) {
    const [a, b] = await vectors(['Wer zahlt die Rechnung?', 'Wer zahlt die Rechnung?'], dimensions)
    expect(a).toEqual(b)
    expect(a).toHaveLength(dimensions)
    expect(cosine(a!, a!)).toBeCloseTo(1, 5)
  }
})

test('texts that share words are nearer than texts that share none', async () => {
  const [bill, invoice, weather] = await vectors(
    ['who pays the bill for the office', 'the bill for the office was paid', 'snow fell on distant mountains'],
    1536,
  )
  expect(cosine(bill!, invoice!)).toBeGreaterThan(0.4)
  expect(Math.abs(cosine(bill!, weather!))).toBeLessThan(0.15)
})

test('another seed is another model: nothing compares, and the keys differ', async () => {
  const [one] = await vectors(['who pays the bill for the office'], 512, 'hash-1')
  const [two] = await vectors(['who pays the bill for the office'], 512, 'hash-2')
  expect(Math.abs(cosine(one!, two!))).toBeLessThan(0.25)
  const keys = ['hash-1', 'hash-2'].map((model) => createLocalEmbedder({ model, dimensions: 512 }).model.key)
  expect(new Set(keys).size).toBe(2)
})

test('an empty text has a reason, text of one sign still has a vector, and line ends make no difference', async () => {
  const embedder = createLocalEmbedder({ dimensions: 8 })
  const [empty, blank, sign] = await embedder.embed(['', ' \n ', '!'], {})
  expect([empty, blank]).toEqual([{ failed: 'the text is empty' }, { failed: 'the text is empty' }])
  expect(sign).toHaveProperty('vector')
  const [unix, windows] = await vectors(['a\nb', 'a\r\nb'], 64)
  expect(unix).toEqual(windows)
})

test('the key names all that decides a vector', () => {
  expect(createLocalEmbedder({ dimensions: 8 }).model.key).toBe(
    '{"dimensions":8,"model":"hash-1","normaliser":1,"provider":"local"}',
  )
})
