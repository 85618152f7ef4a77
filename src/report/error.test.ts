import { expect, test } from 'vitest'
import { LockstepError } from '../kernel/errors.ts'
import { buildErrorReport, renderError } from './error.ts'
import { plainPaint } from './paint.ts'

const narrow = { width: 80, paint: plainPaint }

const error = new LockstepError('LS-2104', 'column "language" is integer in 12 of 3,214 tables, not text', {
  where: {
    file: '/home/ada/shop/migrations/x.ts',
    line: 7,
    column: 14,
    source: "    postgres.addColumn(tenants('user_table'), 'language', 'text'),",
  },
  why: 'those tables were altered outside Lockstep; nothing has been changed by this run',
  hint: 'drop or rename the column there, then plan again',
  also: [new LockstepError('LS-2105', '"a…" has 70 bytes, Postgres keeps 63', { where: { name: 'a…' } })],
})

test('with its place, and those found beside it', () => {
  expect(renderError(error, '/home/ada/shop', narrow)).toMatchInlineSnapshot(`
    "error[LS-2104] column "language" is integer in 12 of 3,214 tables, not text
     --> migrations/x.ts:7:14
      7 |     postgres.addColumn(tenants('user_table'), 'language', 'text'),
        |              ^
      why  those tables were altered outside Lockstep; nothing has been changed by
           this run
      fix  drop or rename the column there, then plan again
      docs docs/reference/errors.md#ls-2104
    error[LS-2105] "a…" has 70 bytes, Postgres keeps 63
      at   a…
      docs docs/reference/errors.md#ls-2105"
  `)
})

test('in a long line', () => {
  const source = `${'x'.repeat(200)}HERE${'y'.repeat(200)}`
  const [, , line = '', caret = ''] = renderError(
    new LockstepError('LS-2001', 'no', { where: { file: 'a.ts', line: 1, column: 201, source } }),
    '/',
    narrow,
  ).split('\n')
  expect(line.length).toBeLessThanOrEqual(80)
  expect(line.slice(caret.indexOf('^')).startsWith('HERE')).toBe(true)
})

test('a pause is no error', () => {
  expect(
    renderError(new LockstepError('LS-4007', 'interrupted', { hint: 'lockstep up goes on from here' }), '/', narrow),
  ).toMatch(/^paused\[LS-4007\] interrupted/)
})

test('as JSON', () => {
  expect(buildErrorReport(error).error.also).toEqual([
    {
      code: 'LS-2105',
      message: '"a…" has 70 bytes, Postgres keeps 63',
      where: { name: 'a…' },
      why: null,
      hint: null,
      docs: 'docs/reference/errors.md#ls-2105',
    },
  ])
})
