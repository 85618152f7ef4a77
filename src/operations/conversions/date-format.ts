import { refuseConversion } from './conversion.ts'
import type { DatePart, DateToken, ShownDate } from './date-tokens.ts'
import { dateTokenOf, isVariable } from './date-tokens.ts'

/** A date read from a text. */
export interface ReadDate {
  /** The local time in seconds since 1970, as if the clock showed UTC. */
  readonly local: number
  /** Nanoseconds after that second. */
  readonly nanos: number
  /** Seconds ahead of UTC, where the format has them. */
  readonly offset: number | undefined
}

/** A format made ready. `read` gives undefined for a text that is no date of this format. */
export interface DateFormat {
  readonly hasOffset: boolean
  readonly hasTime: boolean
  read(text: string): ReadDate | undefined
  print(shown: ShownDate): string
}

const hint =
  'write it like DD/MM/YYYY or YYYY-MM-DDTHH:mm:ss.SSSZ; the tokens are YYYY YY MMMM MMM MM M DD D dddd ddd HH H hh h ' +
  'mm m ss s A a Z ZZ and S once for each digit; put other letters into [brackets]'

/**
 * Tokens as in the hint above, names in English, the year's two digits from 1969 to 2068. Text in [brackets], the T
 * between date and time and what is no letter stand for themselves. LS-2109 for what is none or says a thing twice.
 */
export function parseDateFormat(format: string): DateFormat {
  const pieces = format.match(/\[[^\]]*\]|([A-Za-z])\1*|[^A-Za-z[]+|\[/g) ?? []
  const parts = pieces.map((piece) => dateTokenOf(piece) ?? literalOf(piece, format))
  const tokens = parts.filter((part) => typeof part !== 'string')
  const problem = problemOf(tokens) ?? problemOfNeighbours(parts)
  if (problem !== undefined) throw refuseConversion(`format "${format}"`, problem, hint)
  const pattern = parts.map((part) => (typeof part === 'string' ? escape(part) : `(${part.pattern})`)).join('')
  const expression = new RegExp(`^\\s*${pattern}\\s*$`, 'i')
  const has = (part: DatePart): boolean => tokens.some((token) => token.part === part)
  return {
    hasOffset: has('offset'),
    hasTime: has('hour') || has('hour12'),
    read: (text) => {
      const match = expression.exec(text)
      return match === null
        ? undefined
        : toDate(new Map(tokens.map((each, i) => [each.part, each.read(match[i + 1] ?? '')])))
    },
    print: (shown) => parts.map((part) => (typeof part === 'string' ? part : part.print(shown))).join(''),
  }
}

function literalOf(piece: string, format: string): string {
  if (/^\[.*\]$/s.test(piece)) return piece.slice(1, -1)
  if (piece === 'T' || !/[A-Za-z[]/.test(piece)) return piece
  throw refuseConversion(`format "${format}"`, `"${piece}" is no token`, hint)
}

function problemOf(tokens: readonly DateToken[]): string | undefined {
  const parts = tokens.map(({ part }) => part)
  const twice = parts.find((part, index) => parts.indexOf(part) !== index)
  if (twice !== undefined) return `the ${twice} is there twice`
  if (!parts.includes('year')) return 'the year is missing'
  if (parts.includes('hour') && parts.includes('hour12')) return 'the hour is there twice'
  if (parts.includes('hour12') !== parts.includes('half')) return 'hh or h needs A or a, and the other way round'
  return undefined
}

function problemOfNeighbours(parts: readonly (string | DateToken)[]): string | undefined {
  const unclear = parts.some((part, index) => {
    const next = parts[index + 1]
    if (typeof part === 'string' || !isVariable(part) || next === undefined) return false
    return typeof next === 'string' ? /^\d/.test(next) : next.pattern.startsWith(String.raw`\d`)
  })
  return unclear ? 'a token of one or two digits is followed by digits' : undefined
}

/** Undefined for a date that no calendar has, such as 31 February or 24:00. */
function toDate(parts: ReadonlyMap<DatePart, number>): ReadDate | undefined {
  const of = (part: DatePart, otherwise: number): number => parts.get(part) ?? otherwise
  const twelve = parts.get('hour12')
  if (twelve !== undefined && (twelve < 1 || twelve > 12)) return undefined
  const hour = twelve === undefined ? of('hour', 0) : (twelve % 12) + of('half', 0)
  const day = [pad(of('year', 0), 4), pad(of('month', 1), 2), pad(of('day', 1), 2)].join('-')
  const text = `${day}T${[hour, of('minute', 0), of('second', 0)].map((each) => pad(each, 2)).join(':')}`
  const millis = Date.parse(`${text}Z`)
  if (Number.isNaN(millis) || new Date(millis).toISOString().slice(0, 19) !== text) return undefined
  return { local: millis / 1000, nanos: of('fraction', 0), offset: parts.get('offset') }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
