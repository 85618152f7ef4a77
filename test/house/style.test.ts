import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-style-'))
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(file, join(root, file))
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'))
  mkdirSync(join(root, 'src'))
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

/** The names of the rules that a file of this text breaks. */
function brokenRules(text: string, name = 'planted.ts'): readonly string[] {
  writeFileSync(join(root, 'src', name), text)
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--format', 'json']
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly { code: string; filename: string }[] }
  return diagnostics.filter(({ filename }) => filename === `src/${name}`).map(({ code }) => code)
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, at) => `export const v${at} = ${at}\n`).join('')
const body = (count: number): string => `export function f(): void {\n${'  process.uptime()\n'.repeat(count - 2)}}\n`
const branches = (count: number): string =>
  `export function f(n: number): number {\n${Array.from({ length: count }, (_, at) => `  if (n === ${at}) return ${at * 2}\n`).join('')}  return n\n}\n`

test('a file at each cap passes', () => {
  expect(brokenRules(lines(300))).toEqual([])
  expect(brokenRules(lines(400), 'planted.test.ts')).toEqual([])
  expect(brokenRules(body(50))).toEqual([])
  expect(brokenRules(branches(11))).toEqual([])
})

test.each([
  ['eslint(max-lines)', lines(301), 'planted.ts'],
  ['eslint(max-lines)', lines(401), 'planted.test.ts'],
  ['eslint(max-lines-per-function)', body(51), 'planted.ts'],
  ['eslint(complexity)', branches(15), 'planted.ts'],
  ['eslint(max-params)', 'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1): unknown => [a, b, c, d, e]\n', 'planted.ts'],
  ['typescript(no-explicit-any)', 'export const f = (a: any): unknown => a\n', 'planted.ts'],
  ['typescript(no-floating-promises)', 'export function f(): void {\n  Promise.resolve(1)\n}\n', 'planted.ts'],
  ['unicorn(filename-case)', lines(1), 'Planted.ts'],
  ['import(no-default-export)', 'export default 1\n', 'planted.ts'],
  ['eslint(no-empty)', 'try {\n  process.uptime()\n} catch {}\n', 'planted.ts'],
])('%s is broken by name', (rule, text, name) => {
  expect(brokenRules(text, name)).toContain(rule)
})

const paths = readdirSync('src', { recursive: true, encoding: 'utf8' })

test('no folder is named after nothing', () => {
  expect(paths.filter((path) => /(^|\/)(utils?|helpers?|common|types|services|misc)(\/|$)/.test(path))).toEqual([])
})

test('no cast goes around the compiler, no remark waits to be done', () => {
  const sources = paths
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(`src/${path}`, 'utf8')])
  expect(sources.length).toBeGreaterThan(0)
  expect(sources.filter(([, text]) => /as unknown as|as never as|\b(TODO|FIXME|XXX)\b/.test(text ?? ''))).toEqual([])
})
