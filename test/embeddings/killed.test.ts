import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createLocalEmbedder } from '../../src/embeddings/local-embedder.ts'
import { start } from '../torture/processes.ts'
import { createRandom, seed } from '../torture/seeded.ts'
import { vectorOf } from './mock-embedder.ts'
import { startMockProvider } from './mock-provider.ts'

/** LOCKSTEP_KILLS asks for more of them. */
const kills = Number(process.env['LOCKSTEP_KILLS'] ?? 2)
const count = 400
const script = fileURLToPath(new URL('embedding-process.ts', import.meta.url))
const inFlight = 3 * 10

test('killed at any call and started again, only calls on their way are paid twice, and none is spent uncounted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-embeddings-'))
  const provider = await startMockProvider({
    dimensions: 16,
    seed,
    latency: [5, 40],
    chances: { 'server-error': 0.05 },
  })
  const random = createRandom(seed)
  try {
    for (let kill = 0; kill < kills; kill++) {
      const running = start('node_modules/jiti/lib/jiti-cli.mjs', [script, folder, provider.baseUrl, String(count)], {})
      const until = provider.statistics.requests + 1 + Math.floor(random() * (count / 10 / (kills + 1)))
      await Promise.race([provider.called(until), running.finished])
      running.child.kill('SIGKILL')
      expect((await running.finished).code).toBeNull()
    }
    const last = await start(
      'node_modules/jiti/lib/jiti-cli.mjs',
      [script, folder, provider.baseUrl, String(count)],
      {},
    ).finished
    expect(last.stderr).toBe('')
    const { checksum, spent } = JSON.parse(last.stdout) as { checksum: string; spent: number }
    const texts = Array.from({ length: count }, (_, n) => `note number ${n}, in a few words more`)
    const hash = createHash('sha256')
    for (const answer of await createLocalEmbedder({ dimensions: 16 }).embed(texts, {}))
      hash.update(Buffer.from(vectorOf(answer).buffer))
    expect(checksum).toBe(hash.digest('hex'))
    const paid = [...provider.statistics.paid.values()]
    expect(paid).toHaveLength(count)
    expect(paid.reduce((sum, times) => sum + times - 1, 0)).toBeLessThanOrEqual(kills * inFlight)
    expect(spent).toBeGreaterThanOrEqual(provider.statistics.tokens)
  } finally {
    await provider.stop()
    rmSync(folder, { recursive: true })
  }
})
