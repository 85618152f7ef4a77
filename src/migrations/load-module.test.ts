import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../kernel/checksum.ts'
import { loadModule, placeOf, readSource } from './load-module.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-modules-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

function plant(name: string, text: string): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

const migration = `import { parse } from './helper'
export default { summary: 'x', steps: [parse('1')] }
`
const helper = `export function parse(text: string): number { return Number(text) }
`

const checksumModule = (file: string) => readSource(file, folder).checksum

describe('readSource', () => {
  const both = (main: string, other = helper, at = '.') => {
    plant(join(at, 'helper.ts'), other)
    return checksumModule(plant(join(at, '20261122093000_x.ts'), main))
  }

  it('is the same for the same files, wherever they are', () => {
    const first = both(migration)
    expect(both(migration, helper, 'elsewhere')).toEqual(first)
    expect(both(migration, helper, 'a folder with blanks and ü')).toEqual(first)
  })

  it('differs in text and not in meaning after an edit of comments, spacing or types', () => {
    const first = both(migration)
    for (const edited of [
      `// why\n${migration}`,
      migration.replace('steps: [', 'steps:\n    ['),
      migration.replace("'x'", "'x' as string"),
    ]) {
      const second = both(edited)
      expect(second.meaning).toBe(first.meaning)
      expect(second.text).not.toBe(first.text)
    }
  })

  it('is the same with the line ends of another system', () => {
    expect(both(migration.replaceAll('\n', '\r\n'), helper.replaceAll('\n', '\r\n'))).toEqual(both(migration))
  })

  it('differs in meaning after an edit of the code', () => {
    const { meaning } = both(migration)
    expect(both(migration.replace("parse('1')", "parse('2')")).meaning).not.toBe(meaning)
    expect(both(migration.replace("'x'", "'y'")).meaning).not.toBe(meaning)
  })

  it.each<[string, string]>([
    ['imports', migration],
    ['types of another file', `import type { Row } from './rows'\n${migration}`],
    ['what looks like an import', `// from './nowhere'\n${migration}`],
    ['an import in a string', migration.replace("'x'", `"import './other'"`)],
    ['an SQL file', migration.replace("'x'", "'sql/one.sql'")],
    ['an SQL file in a comment alone', `// 'sql/two.sql'\n${migration}`],
  ])('is the same with what was applied, with %s', (_, main) => {
    for (const [name, text] of [
      ['rows.ts', 'export interface Row { n: number }'],
      ['other.ts', 'export {}'],
      ['sql/one.sql', 'select 1'],
      ['sql/two.sql', 'select 2'],
      ['helper.ts', helper],
    ] as const)
      plant(name, text)
    const file = plant('20261122093000_x.ts', main)
    const first = readSource(file, folder)
    const marked = { ...first.checksum, meaning: 'as applied' }
    const again = readSource(file, folder, marked)
    expect(again.checksum.text).toBe(first.checksum.text)
    expect(again.sql).toEqual(first.sql)
    for (const [name, text] of [
      ['helper.ts', `${helper}// more`],
      ['20261122093000_x.ts', `${main}// more`],
    ] as const) {
      plant(name, text)
      const edited = readSource(file, folder, marked)
      expect(edited).toEqual(readSource(file, folder))
      expect(edited.checksum.text).not.toBe(first.checksum.text)
    }
  })

  it('takes the meaning from what was applied where the texts are the same', () => {
    plant('helper.ts', helper)
    const file = plant('20261122093000_x.ts', migration)
    const applied = { text: readSource(file, folder).checksum.text, meaning: 'as applied' }
    expect(readSource(file, folder, applied).checksum).toBe(applied)
    plant('helper.ts', helper.replace('Number', 'String'))
    expect(readSource(file, folder, applied).checksum.meaning).not.toBe('as applied')
  })

  it.each([
    ['an import', migration],
    ['an import of a file with its ending', migration.replace('./helper', './helper.ts')],
    ['an import as JavaScript', migration.replace('./helper', './helper.js')],
    ['an export from', "export { parse as default } from './helper'\n"],
    ['an import of everything', "import * as all from './helper'\nexport default all\n"],
    ['an import for its effect', "import './helper'\nexport default {}\n"],
    ['a dynamic import', "export default await import('./helper')\n"],
  ])('sees an edit of the file behind %s', (_, main) => {
    const first = both(main)
    expect(both(main, helper.replace('Number(text)', 'Number(text) + 1')).meaning).not.toBe(first.meaning)
  })

  it('sees an edit two files away, and ends where files import each other', () => {
    plant('a.ts', "import { b } from './b'\nexport const a = () => b\n")
    const main = plant('main.ts', "import { a } from './a'\nexport default a\n")
    const withB = (text: string) => {
      plant('b.ts', `import { a } from './a'\nexport const b = [a, '${text}']\n`)
      return checksumModule(main).meaning
    }
    expect(withB('one')).not.toBe(withB('two'))
  })

  it('holds the SQL files that the code names from the project’s folder, and no others', () => {
    const sum = (sql: string) => {
      plant('sql/f.sql', sql)
      plant('migrations/sql/f.sql', 'of another folder')
      return readSource(
        plant('migrations/x.ts', "// 'sql/not.sql'\nexport default { file: 'sql/f.sql', other: 'sql/gone.sql' }\n"),
        folder,
      )
    }
    plant('sql/not.sql', 'select 0')
    const first = sum('select 1\n')
    expect([...first.sql]).toEqual([[join(folder, 'sql/f.sql'), 'select 1\n']])
    expect(sum('select 1\r\n').checksum).toEqual(first.checksum)
    expect(sum('select 2\n').checksum.meaning).not.toBe(first.checksum.meaning)
  })

  it('is the same as ever where no SQL file is named', () => {
    const { checksum } = readSource(plant('x.ts', 'export default 1\n'), folder)
    expect(checksum.text).toBe(sha256('export default 1\n'))
  })

  it('does not run the file', () => {
    expect(checksumModule(plant('x.ts', "throw new Error('run')\n")).text).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('loadModule', () => {
  it('runs TypeScript with its helpers and gives it this process’s module', async () => {
    const shared = { tag: Symbol('shared') }
    plant('helper.ts', 'export const plus = (n: number): number => n + 1\n')
    const file = plant(
      'x.ts',
      "import { tag } from 'lockstep'\nimport { plus } from './helper'\nexport default { tag, n: plus(1) }\n",
    )
    expect(await loadModule(file, { lockstep: shared })).toEqual({ tag: shared.tag, n: 2 })
  })

  it('reads an edited file anew', async () => {
    const file = plant('x.ts', 'export default 1\n')
    expect(await loadModule(file, {})).toBe(1)
    plant('x.ts', 'export default 2\n')
    expect(await loadModule(file, {})).toBe(2)
  })
})

describe('placeOf', () => {
  const failureOf = async (text: string) => {
    const file = plant('x.ts', text)
    const error = await loadModule(file, {}).catch((thrown: unknown) => thrown)
    return { file, place: placeOf(error, file) }
  }

  it('finds the line that threw', async () => {
    const { file, place } = await failureOf("const a = 1\n\nthrow new Error('no ' + a)\n")
    expect(place).toMatchObject({ file, line: 3, source: "throw new Error('no ' + a)" })
  })

  it('finds the line that cannot be parsed', async () => {
    const { file, place } = await failureOf("export default {\n  summary 'x',\n}\n")
    expect(place).toEqual({ file, line: 2, column: 11, source: "  summary 'x'," })
  })

  it('is the file alone where nothing says more', () => {
    expect(placeOf('text', '/nowhere/x.ts')).toEqual({ file: '/nowhere/x.ts' })
  })
})
