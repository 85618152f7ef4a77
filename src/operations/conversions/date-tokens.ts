const months = 'January February March April May June July August September October November December'.split(' ')
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** What of a date a token stands for. */
export type DatePart =
  | 'year'
  | 'month'
  | 'day'
  | 'weekday'
  | 'hour'
  | 'hour12'
  | 'half'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'offset'

/** A date as the clocks of a zone show it. */
export interface ShownDate {
  /** The local time, as if it were UTC. */
  readonly date: Date
  /** Microseconds after the second. */
  readonly micros: number
  /** Seconds ahead of UTC. */
  readonly offset: number
}

export interface DateToken {
  readonly part: DatePart
  /** What it matches, as a regular expression without groups. */
  readonly pattern: string
  print(shown: ShownDate): string
  /** The number a matched text stands for. */
  read(text: string): number
}

/** The token a run of letters stands for: one of the table below, or S to SSSSSSSSS for digits of a second's fraction. */
export function dateTokenOf(letters: string): DateToken | undefined {
  if (!/^S{1,9}$/.test(letters)) return Object.hasOwn(tokens, letters) ? tokens[letters] : undefined
  return {
    part: 'fraction',
    pattern: String.raw`\d{${letters.length}}`,
    print: ({ micros }) => String(micros).padStart(6, '0').padEnd(9, '0').slice(0, letters.length),
    read: (text) => Number(text.padEnd(9, '0')),
  }
}

/** A token of one or two digits, which a digit must not follow. */
export function isVariable({ pattern }: DateToken): boolean {
  return pattern === oneOrTwo
}

const oneOrTwo = String.raw`\d{1,2}`

function digits(part: DatePart, least: number, get: (date: Date) => number): DateToken {
  return {
    part,
    pattern: least === 1 ? oneOrTwo : String.raw`\d{${least}}`,
    print: ({ date }) => String(get(date)).padStart(least, '0'),
    read: Number,
  }
}

function names(part: DatePart, list: readonly string[], get: (date: Date) => number): DateToken {
  return {
    part,
    pattern: list.join('|'),
    print: ({ date }) => list[get(date)] ?? '',
    read: (text) => list.findIndex((each) => each.toLowerCase() === text.toLowerCase()) + 1,
  }
}

function half(am: string, pm: string): DateToken {
  return {
    part: 'half',
    pattern: `${am}|${pm}`,
    print: ({ date }) => (date.getUTCHours() < 12 ? am : pm),
    read: (text) => (text.toLowerCase() === 'pm' ? 12 : 0),
  }
}

function offset(pattern: string, print: (seconds: number) => string): DateToken {
  return { part: 'offset', pattern, print: (shown) => print(shown.offset), read: readOffset }
}

function readOffset(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

function printOffset(seconds: number, colon: string): string {
  const minutes = Math.floor(Math.abs(seconds) / 60)
  const two = (count: number): string => String(count).padStart(2, '0')
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`
}

const short = (list: readonly string[]): readonly string[] => list.map((each) => each.slice(0, 3))
const month = (date: Date): number => date.getUTCMonth()
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12

const tokens: Readonly<Record<string, DateToken>> = {
  YYYY: digits('year', 4, (date) => date.getUTCFullYear()),
  YY: {
    ...digits('year', 2, (date) => date.getUTCFullYear() % 100),
    read: (text) => Number(text) + (Number(text) < 69 ? 2000 : 1900),
  },
  MMMM: names('month', months, month),
  MMM: names('month', short(months), month),
  MM: digits('month', 2, (date) => month(date) + 1),
  M: digits('month', 1, (date) => month(date) + 1),
  DD: digits('day', 2, (date) => date.getUTCDate()),
  D: digits('day', 1, (date) => date.getUTCDate()),
  dddd: names('weekday', weekdays, (date) => date.getUTCDay()),
  ddd: names('weekday', short(weekdays), (date) => date.getUTCDay()),
  HH: digits('hour', 2, (date) => date.getUTCHours()),
  H: digits('hour', 1, (date) => date.getUTCHours()),
  hh: digits('hour12', 2, hour12),
  h: digits('hour12', 1, hour12),
  mm: digits('minute', 2, (date) => date.getUTCMinutes()),
  m: digits('minute', 1, (date) => date.getUTCMinutes()),
  ss: digits('second', 2, (date) => date.getUTCSeconds()),
  s: digits('second', 1, (date) => date.getUTCSeconds()),
  A: half('AM', 'PM'),
  a: half('am', 'pm'),
  Z: offset(String.raw`Z|[+-]\d{2}:\d{2}`, (seconds) => (seconds === 0 ? 'Z' : printOffset(seconds, ':'))),
  ZZ: offset(String.raw`[+-]\d{4}`, (seconds) => printOffset(seconds, '')),
}
