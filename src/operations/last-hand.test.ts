import { describe, expect, it } from 'vitest'
import type { Document, Value } from '../stores/documents.ts'
import type { DocumentImage } from './document-hands.ts'
import { knownOf } from './last-hand.ts'
import type { Told } from './told.ts'
import { carry, giveBack, identity } from './pair-rules.ts'
import type { Pair } from './pair-rules.ts'

const number = (n: number): Value => ({ integerValue: String(n) })
const map = (f: number, g: number): Value => ({ mapValue: { fields: { f: number(f), g: number(g) } } })
const told: Told = { backfill: '1', cutover: '3', swept: '3', contract: '5' }

function stood(path: readonly string[], times: { readonly old: string; readonly neu: string }, more: Told = told) {
  const pair: Pair = { from: { name: 'Old/a', path }, to: { name: 'New/a', path: [] }, lens: identity }
  const at = (name: string, updateTime: string): Document => ({
    name,
    fields: { o: map(1, 1) },
    updateTime,
    createTime: '0',
  })
  const documents = new Map([
    ['Old/a', at('Old/a', times.old)],
    ['New/a', at('New/a', times.neu)],
  ])
  const of = (images: readonly DocumentImage[]): boolean | undefined =>
    knownOf({ documents, images }, pair, { told: more, noneAlone: true }).stood
  return { alone: of([]), after: (phase: 'backfill' | 'contract') => of([{ ...image, phase }]) }
}

const image: DocumentImage = {
  name: 'New/a',
  unit: 'Old/a',
  version: undefined,
  before: [[[], null]],
  after: [],
  made: [],
}

describe('the old place is no news', () => {
  it('where the last sweep saw it as it is', () => {
    expect(stood([], { old: '2', neu: '4' }).alone).toBe(true)
    expect(stood([], { old: '4', neu: '4' }).alone).toBe(false)
    expect(stood([], { old: '2', neu: '4' }, { backfill: '1', contract: '5' }).alone).toBe(false)
  })

  it('where the new one was written after it, since contract', () => {
    expect(stood([], { old: '4', neu: '6' }).alone).toBe(true)
    expect(stood([], { old: '7', neu: '6' }).alone).toBe(false)
    expect(stood([], { old: '4', neu: '6' }, { ...told, contract: '7' }).alone).toBe(false)
  })

  it('where it is a part of a document, and the new one was written since contract', () => {
    expect(stood(['o'], { old: '7', neu: '6' }).alone).toBe(true)
    expect(stood(['o'], { old: '7', neu: '4' }).alone).toBe(false)
    expect(stood([], { old: '7', neu: '6' }).alone).toBe(false)
  })

  it('but not where we wrote there in that phase, or old clients are on their way back', () => {
    expect(stood(['o'], { old: '7', neu: '6' }).after('backfill')).toBe(true)
    expect(stood(['o'], { old: '7', neu: '6' }).after('contract')).toBe(false)
    expect(stood(['o'], { old: '9', neu: '6' }, { ...told, rollingBack: '8' }).alone).toBe(false)
  })
})

it('a field that has come back to what we wrote once stays as the new place has it', () => {
  const state = { old: map(2, 1), neu: map(1, 9), base: { value: map(1, 1) }, removed: undefined, last: 'new' } as const
  expect(carry({ ...state, stood: true }, identity, 'new')).toEqual({ act: 'leave' })
  expect(giveBack({ ...state, stood: true }, identity)).toMatchObject({ act: 'write', value: map(1, 9) })
  expect(giveBack(state, identity)).toMatchObject({ act: 'write', value: map(2, 9) })
})
