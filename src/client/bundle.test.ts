import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { bundleForBrowser } from '../../test/client/bundle.ts'

/** As apps get it; the run of the tests has built it. */
const built = fileURLToPath(new URL('../../dist/client.js', import.meta.url))

test('what apps import needs nothing of Node, no driver and no engine', async () => {
  const { code, imports } = await bundleForBrowser(built)
  expect(imports).toEqual([])
  const needy = /\b(?:Buffer|process|require)\b\s*[.(]|node:|grpc|pg-boss|protobuf/g
  expect(code.match(needy)).toBeNull()
  expect(code.length).toBeLessThan(120_000)
})

test('a bundle that would need Node is noticed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bundle-'))
  try {
    const file = join(folder, 'needs.ts')
    writeFileSync(file, "import { readFileSync } from 'node:fs'\nexport const text = readFileSync('x')\n")
    expect((await bundleForBrowser(file)).imports).toEqual(['node:fs'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('it runs where there are only the globals of a browser', async () => {
  const { code } = await bundleForBrowser(built)
  const script = `${code.replace(/export \{([^}]*)\};?\s*$/, 'globalThis.client = {$1}')}
    const phases = client.fixedPhases({ m: 'cutover' })
    const step = { migration: 'm', change: 'convert', path: ['a'], to: ['b'], conversion: { from: 'bytes', to: 'array' } }
    const converter = client.createConverter({ pattern: 'x/{id}', steps: [step] }, phases, { deleteField: () => null })
    globalThis.read = converter.read({ a: new Uint8Array([1, 255]) }).b[0].length`
  const browser: Record<string, unknown> = { atob, btoa, setTimeout, clearTimeout, TextEncoder, Intl }
  runInNewContext(script, browser)
  expect(browser['read']).toBe(2)
})
