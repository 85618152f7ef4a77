import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Step } from '../operations/operation.ts'
import { loadModule } from './load-module.ts'
import { placeOfStep, rememberPlaces } from './step-places.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-places-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const make = (name: string): Step => Object.freeze({ kind: 'make', spec: name })
const provided = { lockstep: { store: rememberPlaces({ make }) } }

async function placesIn(text: string): Promise<readonly unknown[]> {
  const file = join(folder, 'x.ts')
  writeFileSync(file, text)
  const steps = (await loadModule(file, provided)) as readonly Step[]
  return steps.map((step) => {
    const { file: at, ...place } = placeOfStep(step, file)
    expect(at).toBe(file)
    return place
  })
}

test('each step knows its line and column as they are written, types and comments included', async () => {
  const text = [
    "import { store } from 'lockstep'",
    '// a comment that what runs has not',
    'interface Unused { readonly a: number }',
    'export default [',
    "  store.make('a'),",
    '    store.make(',
    "      'b' as string),",
    ']',
  ]
  expect(await placesIn(text.join('\n'))).toEqual([
    { line: 5, column: 9, source: "  store.make('a')," },
    { line: 6, column: 11, source: '    store.make(' },
  ])
})

test('a step made by a helper file is placed where the migration calls it', async () => {
  writeFileSync(
    join(folder, 'helper.ts'),
    "import { store } from 'lockstep'\n\n\nexport const made = () => store.make('a')\n",
  )
  expect(await placesIn("import { made } from './helper'\nexport default [made()]\n")).toMatchObject([{ line: 2 }])
})

test('a step that nobody noted has the file alone', () => {
  expect(placeOfStep({ kind: 'make', spec: 1 }, '/x.ts')).toEqual({ file: '/x.ts' })
})
