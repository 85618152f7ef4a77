import type { Conversion, Converted } from './conversion.ts'
import { createConversion } from './conversion.ts'
import type { DateFormat } from './date-format.ts'
import type { ShownDate } from './date-tokens.ts'
import { microsOf, modulo, timestampOf } from './instants.ts'
import { instantOf, offsetAt } from './time-zones.ts'

/**
 * string ↔ timestamp. Formats are tried in order, the first writes back. Lost are: precision for digits below a
 * microsecond and for what the format does not show; time-zone for a local time that the zone's clocks show twice
 * (the earlier one is taken) or leap over (taken as much later), and for an offset that is not the zone's own, since
 * a timestamp keeps none; formatting for all that the first format writes otherwise. A date without time is the first
 * instant of its day.
 */
export function stringToTimestamp(formats: readonly [DateFormat, ...DateFormat[]], zone: string): Conversion {
  return createConversion(
    {
      from: 'string',
      otherwise: 'formatting',
      convert: (value) => readDate('stringValue' in value ? value.stringValue : '', formats, zone),
    },
    {
      from: 'timestamp',
      otherwise: 'precision',
      convert: (value) => printDate('timestampValue' in value ? microsOf(value.timestampValue) : 0n, formats[0], zone),
    },
  )
}

function readDate(text: string, formats: readonly DateFormat[], zone: string): Converted {
  for (const format of formats) {
    const { local, nanos, offset } = format.read(text) ?? {}
    if (local === undefined || nanos === undefined) continue
    const { seconds, times } =
      offset === undefined ? instantOf(zone, local) : ({ seconds: local - offset, times: 1 } as const)
    const micros = BigInt(seconds) * 1_000_000n + BigInt(Math.floor(nanos / 1000))
    const converted = timestampOf(micros)
    if (converted.loss !== undefined) return converted
    if (nanos % 1000 !== 0) return { loss: 'precision', value: converted.value }
    const leapt = times === 0 && format.print(show(micros, zone)) !== text
    const foreign = offset !== undefined && offset !== offsetAt(zone, seconds)
    const unclear = leapt || foreign || (times === 2 && format.hasTime)
    return unclear ? { loss: 'time-zone', value: converted.value } : converted
  }
  return { loss: 'unparsable', value: undefined }
}

function printDate(micros: bigint, format: DateFormat, zone: string): Converted {
  const shown = show(micros, zone)
  const local = timestampOf(BigInt(shown.date.getTime()) * 1000n)
  return local.loss === undefined ? { value: { stringValue: format.print(shown) } } : local
}

function show(micros: bigint, zone: string): ShownDate {
  const within = modulo(micros, 1_000_000n)
  const seconds = Number((micros - within) / 1_000_000n)
  const offset = offsetAt(zone, seconds)
  return { date: new Date((seconds + offset) * 1000), micros: Number(within), offset }
}
