import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-run-'))
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  const reporter = JSON.stringify(join(process.cwd(), 'test/reporter.ts'))
  writeFileSync(join(root, 'vitest.config.mjs'), `export default { test: { reporters: ['default', ${reporter}] } }`)
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

/** Runs `scripts/test.mjs` on one planted test file: its exit code and what it prints after vitest's own report. */
function runOn(text: string, env: NodeJS.ProcessEnv = {}): { readonly code: number | null; readonly end: string[] } {
  const needs = JSON.stringify(join(process.cwd(), 'test/stores/skips.ts'))
  const imports = `import { afterAll, describe, expect, test } from 'vitest'\nimport { needs } from ${needs}\n`
  writeFileSync(join(root, 'planted.test.ts'), imports + text)
  const { status, stdout } = spawnSync(process.execPath, ['scripts/test.mjs', '--root', root], {
    encoding: 'utf8',
    env: { ...process.env, LOCKSTEP_REQUIRE_REAL_STORES: '', NO_COLOR: '1', ...env },
  })
  return { code: status, end: stdout.slice(stdout.indexOf('Duration')).trimEnd().split('\n').slice(1).filter(Boolean) }
}

const passing = `test('fine', () => expect(1).toBe(1))\n`
const skipping = `describe('store', needs(undefined, 'no such store'), () => { test('deep', () => expect(1).toBe(2)) })\n`

test('the last line counts, and a passing run exits 0', () => {
  expect(runOn(passing)).toEqual({ code: 0, end: ['1 passed, 0 failed'] })
})

test('a failing test fails the run', () => {
  expect(runOn(`${passing}test('wrong', () => expect(1).toBe(2))`)).toEqual({ code: 1, end: ['1 passed, 1 failed'] })
})

test('a store that was found runs its tests', () => {
  expect(runOn(skipping.replace('undefined', '{}'))).toEqual({ code: 1, end: ['0 passed, 1 failed'] })
})

test('a skipped test is named with its reason', () => {
  expect(runOn(passing + skipping)).toEqual({
    code: 0,
    end: ['skipped 1: no such store', '  planted.test.ts > store > deep', '1 passed, 0 failed, 1 skipped'],
  })
})

test('where real stores are required, a skipped test is a failure', () => {
  const { code, end } = runOn(passing + skipping, { LOCKSTEP_REQUIRE_REAL_STORES: '1' })
  expect([code, end.at(-1)]).toEqual([1, '1 passed, 1 failed'])
})

test.each([
  ['a note of the test itself', `test('later', (context) => context.skip('by note'))`, 'skipped 1: by note'],
  ['a bare skip', `test.skip('later', () => {})`, 'skipped 1: no reason given'],
])('%s is told', (_, text, line) => {
  expect(runOn(passing + text).end[0]).toBe(line)
})

test.each([
  ['a file that cannot be loaded', `throw new Error('no')`],
  ['a hook that fails', `${passing}afterAll(() => { throw new Error('no') })`],
  ['an error outside a test', `${passing}void Promise.reject(new Error('no'))`],
  ['a run in which nothing ran', skipping],
])('%s fails the run', (_, text) => {
  const { code, end } = runOn(text)
  expect(code).toBe(1)
  expect(end.at(-1)).toMatch(/^[01] passed, 1 failed/)
})
