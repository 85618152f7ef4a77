import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Value } from '../../stores/documents.ts'
import { builtInConversion } from './built-in-conversion.ts'
import type { Loss } from './conversion.ts'
import { timestampOf } from './instants.ts'
import { instantOf, offsetAt } from './time-zones.ts'

const text = (stringValue: string): Value => ({ stringValue })
const time = (timestampValue: string): Value => ({ timestampValue })
const dates = (format: string | readonly string[], zone = 'UTC') =>
  builtInConversion({ from: 'string', to: 'timestamp', format, zone })
const minutes = 'YYYY-MM-DD HH:mm'
const iso = 'YYYY-MM-DDTHH:mm:ss.SSSZ'

describe('string to timestamp', () => {
  it.each<[string | readonly string[], string, string, string | undefined, Loss | undefined]>([
    ['DD/MM/YYYY', 'UTC', '11/03/2025', '2025-03-11T00:00:00Z', undefined],
    ['DD/MM/YYYY', 'Europe/Berlin', '11/03/2025', '2025-03-10T23:00:00Z', undefined],
    ['D.M.YY', 'UTC', '1.3.69', '1969-03-01T00:00:00Z', undefined],
    ['D.M.YY', 'UTC', '1.3.68', '2068-03-01T00:00:00Z', undefined],
    ['MMM D, YYYY h:mm A', 'UTC', 'Nov 3, 2025 12:05 AM', '2025-11-03T00:05:00Z', undefined],
    ['D MMMM YYYY hh:mm a', 'UTC', '3 May 2025 12:05 pm', '2025-05-03T12:05:00Z', undefined],
    ['ddd, DD MMM YYYY HH:mm:ss [GMT]', 'UTC', 'Mon, 03 Nov 2025 10:00:00 GMT', '2025-11-03T10:00:00Z', undefined],
    ['ddd, DD MMM YYYY', 'UTC', 'Tue, 03 Nov 2025', '2025-11-03T00:00:00Z', 'formatting'],
    [iso, 'UTC', '2025-11-03T10:00:00.120Z', '2025-11-03T10:00:00.120Z', undefined],
    [iso, 'UTC', '2025-11-03T10:00:00.000+00:00', '2025-11-03T10:00:00Z', 'formatting'],
    [iso, 'UTC', '2025-11-03T10:00:00.000+02:00', '2025-11-03T08:00:00Z', 'time-zone'],
    [iso, 'Europe/Berlin', '2025-11-03T10:00:00.000+01:00', '2025-11-03T09:00:00Z', undefined],
    ['YYYYMMDDHHmmssZZ', 'America/New_York', '20251103100000-0500', '2025-11-03T15:00:00Z', undefined],
    ['YYYY-MM-DD HH:mm:ss.SSSSSS', 'UTC', '2025-11-03 10:00:00.000001', '2025-11-03T10:00:00.000001Z', undefined],
    ['YYYY-MM-DD HH:mm:ss.SSSSSSS', 'UTC', '2025-11-03 10:00:00.0000019', '2025-11-03T10:00:00.000001Z', 'precision'],
    [['DD/MM/YYYY', 'YYYY-MM-DD'], 'UTC', '2025-11-03', '2025-11-03T00:00:00Z', 'formatting'],
    ['D/M/YYYY', 'UTC', '03/11/2025', '2025-11-03T00:00:00Z', 'formatting'],
    ['DD MMM YYYY', 'UTC', ' 03 NOV 2025', '2025-11-03T00:00:00Z', 'formatting'],
    ['DD/MM/YYYY', 'UTC', '3/11/2025', undefined, 'unparsable'],
    ['DD/MM/YYYY', 'UTC', '31/02/2025', undefined, 'unparsable'],
    ['DD/MM/YYYY', 'UTC', '29/02/2024', '2024-02-29T00:00:00Z', undefined],
    [minutes, 'UTC', '2025-11-03 24:00', undefined, 'unparsable'],
    ['YYYY-MM-DD h A', 'UTC', '2025-11-03 13 PM', undefined, 'unparsable'],
    ['DD/MM/YYYY', 'UTC', '01/01/0000', undefined, 'out-of-range'],
    ['DD/MM/YYYY', 'Asia/Tokyo', '01/01/0001', undefined, 'out-of-range'],
    [minutes, 'Europe/Berlin', '2025-10-26 02:30', '2025-10-26T00:30:00Z', 'time-zone'],
    [minutes, 'Europe/Berlin', '2025-10-26 01:59', '2025-10-25T23:59:00Z', undefined],
    [minutes, 'Europe/Berlin', '2025-10-26 03:00', '2025-10-26T02:00:00Z', undefined],
    [minutes, 'Europe/Berlin', '2025-03-30 02:30', '2025-03-30T01:30:00Z', 'time-zone'],
    [minutes, 'Europe/Berlin', '2025-03-30 03:00', '2025-03-30T01:00:00Z', undefined],
    [minutes, 'America/New_York', '2025-11-02 01:30', '2025-11-02T05:30:00Z', 'time-zone'],
    [minutes, 'America/New_York', '2025-11-02 03:00', '2025-11-02T08:00:00Z', undefined],
    [minutes, 'America/New_York', '2025-03-09 02:30', '2025-03-09T07:30:00Z', 'time-zone'],
    // Midnight was leapt over in São Paulo, is there twice in Havana, and all of the day was left out in Samoa.
    ['YYYY-MM-DD', 'America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z', undefined],
    ['YYYY-MM-DD', 'America/Havana', '2025-11-02', '2025-11-02T04:00:00Z', undefined],
    ['YYYY-MM-DD', 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', 'time-zone'],
    // Before standard time clocks in Berlin were 53 minutes and 28 seconds ahead.
    ['YYYY-MM-DD HH:mm:ss', 'Europe/Berlin', '1880-01-01 00:00:00', '1879-12-31T23:06:32Z', undefined],
  ])('%s in %s: %s is %s, loss %s', (format, zone, date, result, loss) => {
    const converted = dates(format, zone).up(text(date))
    expect([converted.value, converted.loss]).toEqual([result === undefined ? undefined : time(result), loss])
  })

  it.each<[string, string, string, string, Loss | undefined]>([
    ['DD/MM/YYYY', 'UTC', '2025-03-11T00:00:00Z', '11/03/2025', undefined],
    ['DD/MM/YYYY', 'UTC', '2025-03-11T00:00:00.000001Z', '11/03/2025', 'precision'],
    [iso, 'UTC', '2025-03-11T10:00:00Z', '2025-03-11T10:00:00.000Z', undefined],
    [iso, 'UTC', '2025-03-11T10:00:00.123456Z', '2025-03-11T10:00:00.123Z', 'precision'],
    [
      'YYYY-MM-DD HH:mm:ss.SSSSSSSSS',
      'UTC',
      '1960-01-01T00:00:00.000001234Z',
      '1960-01-01 00:00:00.000001000',
      'precision',
    ],
    [minutes, 'Europe/Berlin', '2025-10-26T01:30:00Z', '2025-10-26 02:30', 'time-zone'],
    ['D.M.YY', 'UTC', '1968-01-01T00:00:00Z', '1.1.68', 'precision'],
  ])('%s in %s: %s is written %s, loss %s', (format, zone, instant, result, loss) => {
    const converted = dates(format, zone).down(time(instant))
    expect([converted.value, converted.loss]).toEqual([text(result), loss])
  })

  it('cannot write a year 10000, which a zone may have reached', () => {
    expect(dates(iso, 'Asia/Tokyo').down(time('9999-12-31T23:00:00Z'))).toEqual({
      loss: 'out-of-range',
      value: undefined,
    })
  })

  it('needs no zone where every format has the offset', () => {
    const conversion = builtInConversion({ from: 'timestamp', to: 'string', format: iso })
    expect(conversion.up(time('2025-03-11T10:00:00Z'))).toEqual({ value: text('2025-03-11T10:00:00.000Z') })
  })

  it('keeps every microsecond of every year in a format with offset, in any zone', () => {
    const instant = fc.bigInt({ min: -62_000_000_000_000_000n, max: 253_300_000_000_000_000n }).map(timestampOf)
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'Africa/Monrovia')
    const exact = fc.property(instant, zone, ({ value }, name) => {
      const seconds = Date.parse(`${(value as { timestampValue: string }).timestampValue.slice(0, 19)}Z`) / 1000
      fc.pre(offsetAt(name, seconds) % 60 === 0)
      const conversion = dates('YYYY-MM-DDTHH:mm:ss.SSSSSSZ', name)
      const converted = conversion.down(value!)
      expect(converted.loss).toBeUndefined()
      expect(conversion.up(converted.value!)).toEqual({ value })
    })
    fc.assert(exact)
  })
})

describe('instantOf', () => {
  it('finds the instant of every local time that a zone has once', () => {
    const changes = ['2025-03-30T01:00Z', '2025-10-26T01:00Z', '2025-03-09T07:00Z', '2025-04-05T15:00Z'].map(Date.parse)
    const near = fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -90_000, max: 90_000 }))
    const seconds = fc.oneof(
      fc.integer({ min: -2_000_000_000, max: 4_000_000_000 }),
      near.map(([millis, away]) => millis / 1000 + away),
    )
    const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu')
    const found = fc.property(seconds, zone, (instant, name) => {
      const { seconds: back, times } = instantOf(name, instant + offsetAt(name, instant))
      expect(times).not.toBe(0)
      if (times === 1) expect(back).toBe(instant)
      else expect(instant - back).toBeGreaterThanOrEqual(0)
    })
    fc.assert(found)
  })
})
