import type { BooleanWords } from './booleans.ts'
import { problemOfWords, stringToBool } from './booleans.ts'
import type { Conversion, FieldType } from './conversion.ts'
import { refuseConversion, reverseConversion } from './conversion.ts'
import { parseDateFormat } from './date-format.ts'
import { stringToTimestamp } from './dates.ts'
import type { EpochUnit } from './epochs.ts'
import { numberToTimestamp } from './epochs.ts'
import type { EntryShape } from './lists.ts'
import { mapToArray, valueToArray } from './lists.ts'
import { intToDouble, stringToDouble, stringToInt, stringToNumber } from './numbers.ts'
import type { HomeDatabase } from './references.ts'
import { referenceToString } from './references.ts'
import { isZone } from './time-zones.ts'

/** A conversion without functions, as plain data that can be printed. Either end may be `from`. */
export interface BuiltInConversion extends Partial<BooleanWords>, EntryShape {
  readonly from: FieldType
  readonly to: FieldType
  /** string ↔ timestamp: the formats a text may have; the first is written. See `parseDateFormat`. */
  readonly format?: string | readonly string[]
  /** string ↔ timestamp: IANA name; needed where a format has no offset, UTC where all have. */
  readonly zone?: string
  /** number ↔ timestamp: what the number counts. */
  readonly unit?: EpochUnit
}

type Option = Exclude<keyof BuiltInConversion, 'from' | 'to'>

interface Pair {
  readonly ends: readonly [FieldType, FieldType]
  readonly options: readonly Option[]
  readonly build: (spec: BuiltInConversion, home: HomeDatabase | undefined) => Conversion
}

/** What a list can hold, lists and maps apart: of an embedding it can hold none. */
const single = ['string', 'int', 'double', 'number', 'bool', 'timestamp', 'bytes', 'reference', 'geopoint'] as const

const pairs: readonly Pair[] = [
  { ends: ['string', 'int'], options: [], build: () => stringToInt },
  { ends: ['string', 'double'], options: [], build: () => stringToDouble },
  { ends: ['string', 'number'], options: [], build: () => stringToNumber },
  { ends: ['int', 'double'], options: [], build: () => intToDouble },
  { ends: ['string', 'bool'], options: ['trueWords', 'falseWords'], build: buildBool },
  { ends: ['string', 'timestamp'], options: ['format', 'zone'], build: buildDate },
  { ends: ['reference', 'string'], options: [], build: buildReference },
  { ends: ['map', 'array'], options: ['key', 'value'], build: buildMap },
  ...(['int', 'double', 'number'] as const).map((from): Pair => {
    return { ends: [from, 'timestamp'], options: ['unit'], build: ({ unit }) => numberToTimestamp(from, unitOf(unit)) }
  }),
  ...single.map((from): Pair => ({ ends: [from, 'array'], options: [], build: () => valueToArray(from) })),
]

/**
 * The conversion that the data describes, in either direction. `home` is the database whose references become
 * relative paths; only conversions of references need it. LS-2109 for a pair of types without a conversion, a missing
 * or wrong option, and one that would do nothing.
 */
export function builtInConversion(spec: BuiltInConversion, home?: HomeDatabase): Conversion {
  const { from, to } = spec
  for (const { ends, options, build } of pairs) {
    const [near, far] = ends
    const forward = near === from && far === to
    if (!forward && !(near === to && far === from)) continue
    const idle = optionNames.find((name) => spec[name] !== undefined && !options.includes(name))
    if (idle !== undefined) throw refuseConversion(idle, `it means nothing from ${from} to ${to}`, `leave ${idle} out`)
    const conversion = build(spec, home)
    return forward ? conversion : reverseConversion(conversion)
  }
  throw refuseConversion(
    'pair of types',
    `there is none built in from ${from} to ${to}`,
    'give functions up and down, or convert in two migrations through a type between',
  )
}

const optionNames = ['format', 'zone', 'unit', 'trueWords', 'falseWords', 'key', 'value'] as const satisfies Option[]

function buildBool({ trueWords = ['true'], falseWords = ['false'] }: BuiltInConversion): Conversion {
  const problem = problemOfWords({ trueWords, falseWords })
  if (problem === undefined) return stringToBool({ trueWords, falseWords })
  throw refuseConversion(
    'words',
    problem,
    "write each word once, like trueWords: ['yes', 'y'], falseWords: ['no', 'n']",
  )
}

function buildDate({ format = [], zone }: BuiltInConversion): Conversion {
  const [first, ...others] = (typeof format === 'string' ? [format] : format).map(parseDateFormat)
  if (first === undefined) {
    throw refuseConversion('format', 'it is missing', "add format: 'DD/MM/YYYY', or several in a list")
  }
  if (zone === undefined && ![first, ...others].every(({ hasOffset }) => hasOffset)) {
    throw refuseConversion('zone', 'a format without Z or ZZ needs one', "add zone: 'Europe/Berlin', or zone: 'UTC'")
  }
  if (zone !== undefined && !isZone(zone)) {
    throw refuseConversion('zone', `"${zone}" is not known here`, "write an IANA name, like 'Europe/Berlin' or 'UTC'")
  }
  return stringToTimestamp([first, ...others], zone ?? 'UTC')
}

function unitOf(unit: EpochUnit | undefined): EpochUnit {
  if (unit === 'seconds' || unit === 'millis') return unit
  throw refuseConversion('unit', 'it is missing or unknown', "add unit: 'seconds' or unit: 'millis'")
}

function buildReference(_spec: BuiltInConversion, home: HomeDatabase | undefined): Conversion {
  if (home !== undefined) return referenceToString(home)
  throw refuseConversion('home', 'references need the database they are in', 'give project and database')
}

function buildMap({ key, value }: BuiltInConversion): Conversion {
  if (key === undefined && value !== undefined) {
    throw refuseConversion('key', 'value is named without it', "add key: 'name', the member that takes the entry's key")
  }
  const bad = [key, value].find((name) => name !== undefined && (name === '' || /^__.*__$/s.test(name)))
  if (bad !== undefined) throw refuseConversion('key', `Firestore refuses "${bad}" as a member`, 'take another name')
  if (key !== undefined && key === value) throw refuseConversion('key', 'value has the same name', 'name two members')
  return mapToArray({ ...(key === undefined ? {} : { key }), ...(value === undefined ? {} : { value }) })
}
