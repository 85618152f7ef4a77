import { join, sep } from 'node:path'
import { expect, it } from 'vitest'
import { readSqlFiles } from './sql-files.ts'

const root = join(sep, 'project')
const read = readSqlFiles(
  root,
  new Map([
    [join(root, 'sql', 'f.sql'), 'select 1'],
    [join(root, 'empty.sql'), ' \n'],
    [join(sep, 'elsewhere.sql'), 'select 2'],
  ]),
)

it('gives the text of a file that is part of the checksum, however its path is written', () => {
  expect([read('sql/f.sql'), read('./sql/../sql/f.sql')]).toEqual(['select 1', 'select 1'])
})

it.each([
  ['is not there', 'sql/g.sql', /no such file/],
  ['is empty', 'empty.sql', /empty/],
  ['lies outside the project', '../elsewhere.sql', /outside/],
])('refuses a file that %s', (_, path, message) => {
  expect(() => read(path)).toThrow(
    expect.objectContaining({ code: 'LS-2007', message: expect.stringMatching(message) }),
  )
})
