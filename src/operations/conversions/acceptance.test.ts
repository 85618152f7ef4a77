import { describe, expect, it } from 'vitest'
import type { Value } from '../../stores/documents.ts'
import type { Acceptance } from './acceptance.ts'
import { withAcceptance } from './acceptance.ts'
import { stringToInt } from './numbers.ts'

const text = (stringValue: string): Value => ({ stringValue })
const int = (integerValue: string): Value => ({ integerValue })
const boom = new Error('boom')
const throwing = (): never => {
  throw boom
}

const acceptance: Acceptance = {
  losses: {
    truncation: 'keep',
    unparsable: 'keep',
    formatting: (value, loss, best) => (loss === 'formatting' && best !== undefined ? best : value),
    'out-of-range': 'null',
    nan: 'default',
  },
  default: int('0'),
}

describe('withAcceptance', () => {
  it.each<[string, Value, string]>([
    ['7.9', int('7'), 'truncation'],
    ['n/a', text('n/a'), 'unparsable'],
    ['007', int('7'), 'formatting'],
    ['9'.repeat(30), { nullValue: null }, 'out-of-range'],
    ['NaN', int('0'), 'nan'],
  ])('takes away the loss of %s', (value, result, accepted) => {
    expect(withAcceptance(stringToInt, acceptance).up(text(value))).toEqual({ value: result, accepted })
  })

  it('leaves what is exact, what is not named, and the other way', () => {
    const { up, down, from, to } = withAcceptance(stringToInt, acceptance)
    expect(up(text('7'))).toEqual({ value: int('7') })
    expect(up({ booleanValue: true })).toEqual({ loss: 'wrong-type', value: undefined })
    expect(down({ booleanValue: true })).toEqual({ loss: 'wrong-type', value: undefined })
    expect([from, to]).toEqual(['string', 'int'])
  })

  it('takes the way down by itself, and both one after the other', () => {
    const down = withAcceptance(stringToInt, { losses: { 'wrong-type': 'default' }, default: text('') }, 'down')
    expect(down.down({ booleanValue: true })).toEqual({ value: text(''), accepted: 'wrong-type' })
    expect(down.up(text('007'))).toEqual({ loss: 'formatting', value: int('7') })
    const both = withAcceptance(down, { losses: { formatting: 'keep' } })
    expect(both.up(text('007')).loss).toBeUndefined()
    expect(both.down({ booleanValue: true }).loss).toBeUndefined()
  })

  it.each<[string, (value: Value) => Value, object]>([
    ['gives null', () => ({ nullValue: null }), { value: { nullValue: null }, accepted: 'unparsable' }],
    ['gives back what it got', (value) => value, { value: text('x'), accepted: 'unparsable' }],
    ['gives another type', () => ({ booleanValue: true }), { loss: 'wrong-type', value: undefined }],
    ['throws', throwing, { loss: 'threw', value: undefined, cause: boom }],
  ])('a function that %s', (_title, unparsable, result) => {
    expect(withAcceptance(stringToInt, { losses: { unparsable } }).up(text('x'))).toEqual(result)
  })

  it.each<[Acceptance, string]>([
    [{ losses: { nan: 'default' } }, 'it is missing'],
    [{ losses: { nan: 'default' }, default: text('0') }, 'it is of another type'],
    [{ losses: { nan: 'null' }, default: int('0') }, 'no accepted loss takes it'],
  ])('refuses %j', (given, why) => {
    const refused = { code: 'LS-2109', message: `the conversion's default is not valid: ${why}` }
    expect(() => withAcceptance(stringToInt, given)).toThrow(expect.objectContaining(refused))
  })

  it('takes null for a default of any type', () => {
    const given: Acceptance = { losses: { nan: 'default' }, default: { nullValue: null } }
    expect(withAcceptance(stringToInt, given).up(text('NaN')).value).toEqual({ nullValue: null })
  })
})
