import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { staleFiles, writeGenerated } from '../../scripts/generated.ts'
import { filesOf, listOperations, operationProblems } from '../../scripts/operations.ts'

let root = ''

function plant(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const endings = ['.ts', '.case.ts', '.test.ts', '.md']

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-operations-'))
  for (const ending of endings) {
    plant(`src/operations/firestore/add-field/add-field${ending}`)
    plant(`src/operations/postgres/add-column/add-column${ending}`)
    plant(`src/operations/postgres/sql/sql${ending}`)
  }
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

test('every operation of this house has its four files and is named by the catalogue alone', () => {
  expect(operationProblems(process.cwd())).toEqual([])
})

test('what is generated in this house is fresh', async () => {
  expect(await staleFiles(process.cwd())).toEqual([])
})

test('a complete operation is listed by kind and has no problem', () => {
  expect(operationProblems(root)).toEqual([])
  expect(listOperations(root).map(({ kind, store }) => `${store} ${kind}`)).toEqual([
    'postgres addColumn',
    'firestore addField',
    'postgres sql',
  ])
})

test.each(endings)('a missing %s is named', (ending) => {
  rmSync(join(root, `src/operations/firestore/add-field/add-field${ending}`))
  const problem = `src/operations/firestore/add-field/add-field${ending} is missing`
  expect(operationProblems(root)).toEqual([expect.stringContaining(problem)])
})

test('an empty folder lacks all four', () => {
  mkdirSync(join(root, 'src/operations/firestore/rename-field'))
  expect(operationProblems(root)).toHaveLength(4)
})

test('another file that names an operation is named, in whichever way it names it', () => {
  plant('src/operations/catalogue.ts', `import { sql } from './postgres/sql/sql.ts'`)
  plant('src/run/start.ts', `const page = 'src/operations/postgres/add-column/add-column.md'`)
  plant('src/operations/postgres/sql/sql.ts', `import { x } from '../../firestore/add-field/add-field.ts'`)
  expect(operationProblems(root)).toEqual([
    expect.stringContaining('src/run/start.ts names src/operations/postgres/add-column'),
    expect.stringContaining('src/operations/postgres/sql/sql.ts names src/operations/firestore/add-field'),
  ])
})

test('one kind for both stores is refused', () => {
  for (const ending of endings) plant(`src/operations/firestore/sql/sql${ending}`)
  expect(operationProblems(root)).toEqual([expect.stringContaining('sql exists for both stores')])
})

test('the catalogue goes stale with a new folder, and generating makes it fresh', async () => {
  await writeGenerated(root)
  expect(await staleFiles(root)).toEqual([])
  for (const ending of endings) plant(`src/operations/firestore/rename-field/rename-field${ending}`)
  expect(await staleFiles(root)).toEqual(['src/operations/catalogue.ts'])
  expect(await writeGenerated(root)).toEqual(['src/operations/catalogue.ts'])
  const catalogue = readFileSync(join(root, 'src/operations/catalogue.ts'), 'utf8')
  expect(catalogue).toContain(`import { renameField, renameFieldStep } from './firestore/rename-field/rename-field.ts'`)
  expect(catalogue).toContain('operations = Object.freeze([addColumn, addField, renameField, sql] as const)')
  expect(catalogue).toContain(
    'firestoreSteps = Object.freeze({ addField: addFieldStep, renameField: renameFieldStep })',
  )
  expect(catalogue).toContain('postgresSteps = Object.freeze({ addColumn: addColumnStep, sql: sqlStep })')
})

test('an edit by hand makes a generated file stale', async () => {
  await writeGenerated(root)
  plant('docs/reference/errors.md', 'by hand')
  expect(await staleFiles(root)).toEqual(['docs/reference/errors.md'])
})

test('the four files of an operation are those of its folder', () => {
  const [addColumn] = listOperations(root)
  expect(addColumn && filesOf(addColumn)).toEqual(
    endings.map((ending) => `src/operations/postgres/add-column/add-column${ending}`),
  )
})
