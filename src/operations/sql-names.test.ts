import { expect, it } from 'vitest'
import { namesColumn, renameInSql } from './sql-names.ts'

it.each([
  [' USING btree (cents)', ' USING btree ("amount")'],
  [' USING btree (lower(cents), "Cents", cents_2)', ' USING btree (lower("amount"), "Cents", cents_2)'],
  [" USING btree (id) WHERE (note <> 'cents'::text)", " USING btree (id) WHERE (note <> 'cents'::text)"],
  ["CHECK ((cents > 0) AND (note <> E'it''s \\' cents'))", "CHECK ((\"amount\" > 0) AND (note <> E'it''s \\' cents'))"],
  ['CHECK (cents(id) > id::cents)', 'CHECK (cents(id) > id::cents)'],
  ['CHECK (("cents" > 0))', 'CHECK (("amount" > 0))'],
])('%s', (before, after) => {
  expect(renameInSql(before, 'cents', 'amount')).toBe(after)
  expect(namesColumn(before, 'cents')).toBe(before !== after)
})

it('names that need quotes are found and given', () => {
  expect(renameInSql('CHECK ("a ""b""" > 0)', 'a "b"', 'c"d')).toBe('CHECK ("c""d" > 0)')
})
