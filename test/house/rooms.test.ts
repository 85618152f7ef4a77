import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { roomRules } from '../../scripts/room-rules.ts'
import { roomProblems } from '../../scripts/rooms.ts'

let root = ''

/** Writes files into an empty house, so that each breach is looked at alone. */
function plant(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-house-'))
  cpSync('package.json', join(root, 'package.json'))
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'))
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

const value = 'export const value = 1\n'
const importing = (path: string): string => `import { value } from '${path}'\nexport const copy = value\n`
const importingType = (path: string): string =>
  `import type { value } from '${path}'\nexport type Copy = typeof value\n`

test('the house keeps its own rules', () => {
  expect(roomProblems(process.cwd())).toEqual([])
})

test('a house without source files does not pass', () => {
  expect(roomProblems(root)).toEqual(['src holds no TypeScript file to read'])
})

test('a checker that reads nothing does not pass', () => {
  plant({ 'src/kernel/clock.ts': value })
  const blind = { ...roomRules, options: { ...roomRules.options, exclude: '^src/' } }
  expect(roomProblems(root, blind)).toEqual(['src/kernel/clock.ts was not read'])
})

test('allowed imports pass', () => {
  plant({
    'src/kernel/clock.ts': value,
    'src/stores/tables.ts': importing('../kernel/clock.ts'),
    'src/stores/postgres/connect.ts': `import pg from 'pg'\nimport { copy } from '../tables.ts'\nexport const pool = [pg, copy]\n`,
    'src/operations/postgres/one/one.ts': value,
    'src/operations/catalogue.ts': importing('./postgres/one/one.ts'),
    'src/run/run.ts': importing('../operations/pages.ts'),
    'src/operations/pages.ts': value,
    'src/migrator.ts': importing('./stores/postgres/connect.ts').replaceAll('value', 'pool'),
    'src/run/run.test.ts': importing('../stores/postgres/connect.ts').replaceAll('value', 'pool'),
  })
  expect(roomProblems(root)).toEqual([])
})

/** Importing file, imported file, and the words that name the breach. */
const breaches = [
  ['kernel/one.ts', 'stores/tables.ts', 'kernel may import only from: itself'],
  ['run/two.ts', 'stores/postgres/connect.ts', 'run may import only from'],
  ['plan/three.ts', 'ledger/events.ts', 'plan may import only from'],
  ['operations/postgres/four/four.ts', 'stores/postgres/connect.ts', 'operations may import only from'],
  ['operations/postgres/five/five.case.ts', 'stores/postgres/connect.ts', 'operations may import only from'],
  ['operations/postgres/six/six.ts', 'operations/postgres/seven/seven.ts', 'an operation never imports another one'],
  ['operations/postgres/eight.ts', 'operations/firestore/nine.ts', 'is not for those on the other'],
  ['plan/ten.ts', 'operations/postgres/seven/seven.ts', 'only the generated catalogue'],
  ['run/eleven.test.ts', 'operations/postgres/seven/seven.ts', 'only the generated catalogue'],
  ['plan/rules/twelve/twelve.ts', 'plan/rules/other/other.ts', 'a lint rule never'],
  ['stores/firestore/thirteen.ts', 'stores/postgres/connect.ts', 'an adapter never imports another'],
  ['stores/pglite/thirteen.ts', 'stores/firestore/connect.ts', 'through the Postgres adapter, and through no other'],
  ['cli/commands/fourteen.ts', 'run/start.ts', 'cli may import only from'],
  ['dashboard/fifteen.ts', 'run/start.ts', 'dashboard may import only from'],
] as const

describe('a planted breach is named', () => {
  test.each([
    ['by value', importing],
    ['by type', importingType],
  ])('%s', (_, statement) => {
    for (const [from, to] of breaches) {
      plant({ [`src/${from}`]: statement(`${'../'.repeat(from.split('/').length - 1)}${to}`), [`src/${to}`]: value })
    }
    const problems = roomProblems(root)
    for (const [from, to, why] of breaches) {
      const named = problems.filter((problem) => problem.startsWith(`src/${from} imports src/${to}, but `))
      expect(named.join('\n')).toContain(why)
    }
  })

  test('a cycle, but none of types', () => {
    plant({
      'src/plan/a.ts': `import { b } from './b.ts'\nexport const a = () => b\nexport type A = 1\n`,
      'src/plan/b.ts': `import { a } from './a.ts'\nexport const b = () => a\n`,
      'src/plan/c.ts': `import { d } from './d.ts'\nexport const c = () => d\nexport type C = 1\n`,
      'src/plan/d.ts': `import type { C } from './c.ts'\nexport const d: C = 1\n`,
    })
    const cycles = roomProblems(root)
    expect(cycles).toContain('imports form a cycle: src/plan/a.ts → src/plan/b.ts → src/plan/a.ts')
    expect(cycles.join('\n')).not.toContain('src/plan/c.ts')
  })

  test('a driver, a package of development, a file outside, a file that is not there', () => {
    plant({
      'src/kernel/a.ts': `import { readFileSync } from 'node:fs'\nexport const a = readFileSync\n`,
      'src/plan/a.ts': `import pg from 'pg'\nexport const a = pg\n`,
      'src/plan/b.ts': `import fc from 'fast-check'\nexport const b = fc\n`,
      'src/plan/c.ts': importing('../../test/world.ts'),
      'src/plan/d.ts': importing('./gone.ts'),
      'test/world.ts': value,
    })
    const problems = roomProblems(root)
    for (const [file, why] of [
      ['kernel/a', 'no I/O'],
      ['plan/a', 'a driver package'],
      ['plan/b', 'installed with it'],
      ['plan/c', 'what ships never'],
      ['plan/d', 'leads nowhere'],
    ] as const) {
      expect(problems.filter((problem) => problem.startsWith(`src/${file}.ts`) && problem.includes(why))).toHaveLength(
        1,
      )
    }
    expect(problems).toHaveLength(5)
  })

  test('a file in no room', () => {
    plant({ 'src/helpers/a.ts': value })
    expect(roomProblems(root)).toEqual(['src/helpers/a.ts lies in no room'])
  })
})
