import { isEmptyContent, normaliseContent } from './content.ts'
import { defineModel, emptyText } from './embedder.ts'
import type { Embedded, Embedder } from './embedder.ts'

export interface LocalEmbedderOptions {
  /** The seed: two names give two models whose vectors do not compare, also at equal dimensions. Default `hash-1`. */
  readonly model?: string
  readonly dimensions: number
}

/** Texts between two looks at the signal. */
const slice = 256

/**
 * Vectors of any dimension without network and weights, for rehearsals and tests: signed hashing of words and
 * runs of three characters, square roots of their counts, length 1. Equal texts give equal bytes on every machine.
 */
export function createLocalEmbedder({ model = 'hash-1', dimensions }: LocalEmbedderOptions): Embedder {
  const seed = hashOf(model, 0)
  return {
    model: defineModel({ provider: 'local', model, dimensions, normalised: true }),
    async embed(texts, { signal }) {
      const answers: Embedded[] = []
      for (const [at, text] of texts.entries()) {
        if (at % slice === 0) {
          signal?.throwIfAborted()
          await new Promise(setImmediate)
        }
        answers.push(isEmptyContent(text) ? { failed: emptyText } : { vector: vectorOf(text, dimensions, seed) })
      }
      return answers
    },
  }
}

function vectorOf(text: string, dimensions: number, seed: number): Float32Array {
  const lower = normaliseContent(text).toLowerCase().replace(/\s+/g, ' ').trim()
  const vector = new Float32Array(dimensions)
  for (const [feature, count] of countFeatures(lower)) {
    const hash = hashOf(feature, seed)
    const sign = (hashOf(feature, seed ^ 0x5bd1e995) & 1) === 0 ? 1 : -1
    const at = hash % dimensions
    vector[at] = (vector[at] ?? 0) + sign * Math.sqrt(count)
  }
  return unitOf(vector, hashOf(lower, seed))
}

function countFeatures(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const add = (feature: string): unknown => counts.set(feature, (counts.get(feature) ?? 0) + 1)
  for (const word of text.match(/[\p{L}\p{N}]+/gu) ?? []) add(`w${word}`)
  const padded = ` ${text} `
  for (let at = 0; at + 3 <= padded.length; at++) add(`c${padded.slice(at, at + 3)}`)
  return counts
}

/** Where all features cancel out, the hash of the whole text names the one direction: no vector has length 0. */
function unitOf(vector: Float32Array, hash: number): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (length > 0) return vector.map((value) => value / length)
  vector[hash % vector.length] = 1
  return vector
}

/** FNV-1a over UTF-16 units with a final mix, as an unsigned number of 32 bits. */
function hashOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
