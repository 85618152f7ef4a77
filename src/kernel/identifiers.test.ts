import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import {
  derivedName,
  derivedNameSql,
  parseTableName,
  printTable,
  quoteIdentifier,
  quoteLiteral,
  quoteTable,
} from './identifiers.ts'

/** What Postgres keeps of a name. */
const longest = 63

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8')
const unit = fc.oneof(
  { weight: 5, arbitrary: fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }) },
  { weight: 2, arbitrary: fc.constantFrom("'", '"', '\\', '$', '$$', ';', '--', '\n', '/*', 'E', ' ') },
)
const text = fc.array(unit, { maxLength: 30 }).map((units) => units.join('').replaceAll('\0', ''))
const name = fc
  .array(unit, { minLength: 1, maxLength: 12 })
  .map((units) => units.join('').replaceAll('\0', 'x'))
  .filter((whole) => bytes(whole) <= longest)

async function valueOf(sql: string): Promise<unknown> {
  const [row] = await tables.read((q) => q.query<{ value: unknown }>(`select ${sql} as value`))
  return row?.value
}

describe('on a server', () => {
  it('a quoted literal is the text it was made from', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        expect(await valueOf(quoteLiteral(given))).toBe(given)
      }),
    )
  })

  it('a quoted literal means the same without standard_conforming_strings', async () => {
    for (const given of ["it's", 'C:\\temp', "\\'; drop table x; --", 'E\\n']) {
      const found = await tables.transaction(async (q) => {
        await q.script('set local standard_conforming_strings = off; set local escape_string_warning = off')
        return q.query(`select ${quoteLiteral(given)} as value`)
      })
      expect(found).toEqual([{ value: given }])
    }
  })

  it('a quoted identifier names what it was made from', async () => {
    await fc.assert(
      fc.asyncProperty(name, async (given) => {
        const [row] = await tables.read((q) => q.query(`select 1 as ${quoteIdentifier(given)}`))
        expect(Object.keys(row ?? {})).toEqual([given])
      }),
    )
  })

  it('derives the same name as this process, and one that fits', async () => {
    const ascii = fc.string({
      minLength: 1,
      maxLength: 70,
      size: 'max',
      unit: fc.constantFrom('a', 'b', 'c', 'x', 'y', 'z', '_', '0', '9'),
    })
    const part = fc.string({
      minLength: 1,
      maxLength: 63,
      size: 'max',
      unit: fc.constantFrom('a', 'b', "'", '\\', 'z'),
    })
    await fc.assert(
      fc.asyncProperty(ascii, part, fc.constantFrom('idx', 'not_null', 'before'), async (owner, column, kind) => {
        const derived = derivedName(owner, column, kind)
        expect(await valueOf(derivedNameSql(quoteLiteral(owner), column, kind))).toBe(derived)
        expect(bytes(derived)).toBeLessThanOrEqual(longest)
      }),
      { numRuns: 300 },
    )
  })

  it('derives different names for tables that differ only where names are cut', async () => {
    const tenant = (key: string): string =>
      derivedName(`user_embeddings_${key.padEnd(32, '0')}`, 'query_language', 'idx')
    expect(tenant('a')).not.toBe(tenant('b'))
    expect(bytes(tenant('a'))).toBeLessThanOrEqual(longest)
  })
})

describe('what Postgres would cut or cannot hold is refused', () => {
  it('over 63 bytes, counted in UTF-8', () => {
    expect(quoteIdentifier('x'.repeat(63))).toBe(`"${'x'.repeat(63)}"`)
    expect(() => quoteIdentifier('ü'.repeat(32))).toThrow(
      expect.objectContaining({ code: 'LS-2105', hint: 'shorten the name by 1 bytes' }),
    )
  })

  it.each(['', 'a\0b'])('the name %j', (given) => {
    expect(() => quoteIdentifier(given)).toThrow(expect.objectContaining({ code: 'LS-2108' }))
  })

  it('a literal with a NUL', () => {
    expect(() => quoteLiteral('a\0b')).toThrow(expect.objectContaining({ code: 'LS-2108' }))
  })
})

describe('derivedName', () => {
  it('never splits a character, and never exceeds 63 bytes', () => {
    const any = fc.string({ minLength: 1, maxLength: 60, size: 'max', unit: 'binary' })
    fc.assert(
      fc.property(any, any, (owner, part) => {
        const derived = derivedName(owner, part, 'idx')
        expect(bytes(derived)).toBeLessThanOrEqual(longest)
        expect(Buffer.from(derived, 'utf8').toString('utf8')).toBe(derived)
      }),
    )
  })
})

describe('table names', () => {
  it.each([
    ['orders', { schema: 'public', name: 'orders' }, '"public"."orders"', 'orders'],
    ['app.orders', { schema: 'app', name: 'orders' }, '"app"."orders"', 'app.orders'],
    ['public.orders', { schema: 'public', name: 'orders' }, '"public"."orders"', 'orders'],
  ])('%s', (given, parsed, quoted, printed) => {
    expect(parseTableName(given)).toEqual(parsed)
    expect(quoteTable(parsed)).toBe(quoted)
    expect(printTable(parsed)).toBe(printed)
  })
})
