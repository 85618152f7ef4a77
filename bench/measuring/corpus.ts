import { createRandom, seed } from '../../test/torture/seeded.ts'
import type { CountTokens } from '../../src/embeddings/tokenizer.ts'
import { fewestCalls } from '../../src/embeddings/packing.ts'

const syllables = 'ka lo mi tra ven sor pil ne du sha ber it un gor ly ta re con fi'.split(' ')

/** Texts of a few to some hundred words, the given share of which repeat another one, in an order without order. */
export function createCorpus(count: number, share: number): readonly string[] {
  const random = createRandom(seed)
  const pick = (below: number): number => Math.floor(random() * below)
  const word = (): string => Array.from({ length: 1 + pick(4) }, () => syllables[pick(syllables.length)]).join('')
  const unique = Array.from({ length: Math.round(count * (1 - share)) }, (_, n) =>
    [n, ...Array.from({ length: 5 + Math.floor(random() ** 2 * 200) }, word)].join(' '),
  )
  const texts = [...unique, ...Array.from({ length: count - unique.length }, () => unique[pick(unique.length)] ?? '')]
  for (let at = texts.length - 1; at > 0; at--) {
    const other = pick(at + 1)
    ;[texts[at], texts[other]] = [texts[other] ?? '', texts[at] ?? '']
  }
  return texts
}

/** Calls and tokens that nobody could do with less of, at these caps of a call. */
export function leastOf(
  texts: readonly string[],
  countTokens: CountTokens,
  caps: { readonly items: number; readonly tokens: number },
): { readonly calls: number; readonly tokens: number } {
  const weighed = [...new Set(texts)].map((text) => {
    const [real, bytes] = [countTokens(text), Buffer.byteLength(text)]
    return { real, tokens: Math.max(real, Math.ceil(bytes / 4)), bytes }
  })
  return { calls: fewestCalls(weighed, caps), tokens: weighed.reduce((sum, { real }) => sum + real, 0) }
}
