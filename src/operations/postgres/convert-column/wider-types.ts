/** A type of which some wider ones hold its values as they are stored: `character varying(20)`. */
export interface SizedType {
  readonly family: Family
  /** Characters, bits, digits of a fraction of a second, or digits in all; undefined where it has no limit. */
  readonly size: number | undefined
  /** Digits behind the point of a numeric of limited size. */
  readonly scale: number
}

type Family =
  | 'text'
  | 'character varying'
  | 'bit varying'
  | 'numeric'
  | 'timestamp without time zone'
  | 'timestamp with time zone'
  | 'time without time zone'
  | 'time with time zone'
  | 'cidr'
  | 'inet'

const families: Readonly<Record<string, Family>> = {
  text: 'text',
  varchar: 'character varying',
  'character varying': 'character varying',
  varbit: 'bit varying',
  'bit varying': 'bit varying',
  numeric: 'numeric',
  decimal: 'numeric',
  timestamp: 'timestamp without time zone',
  'timestamp without time zone': 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  'timestamp with time zone': 'timestamp with time zone',
  time: 'time without time zone',
  'time without time zone': 'time without time zone',
  timetz: 'time with time zone',
  'time with time zone': 'time with time zone',
  cidr: 'cidr',
  inet: 'inet',
}

const form = /^([a-z ]+?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?((?: with(?:out)? time zone)?)$/i

/** Undefined for any type that is never widened in place. */
export function parseSizedType(text: string): SizedType | undefined {
  const [whole, base = '', size, scale, zone = ''] = form.exec(text.trim().replace(/\s+/g, ' ')) ?? []
  const family = whole === undefined ? undefined : families[`${base}${zone}`.toLowerCase()]
  if (family === undefined) return undefined
  return { family, size: size === undefined ? undefined : Number(size), scale: Number(scale ?? 0) }
}

/** As the catalog prints it. */
export function printSizedType({ family, size, scale }: SizedType): string {
  if (size === undefined) return family
  const sizes = family === 'numeric' ? `(${size},${scale})` : `(${size})`
  const at = family.search(/ with(out)? time zone$/)
  return at < 0 ? family + sizes : family.slice(0, at) + sizes + family.slice(at)
}

/**
 * Whether a column of the one type becomes one of the other by a change of the catalog alone: no row is read or written,
 * no plain index is built anew. True of PostgreSQL from 12 on.
 */
export function isWider(from: SizedType, to: SizedType): boolean {
  if (printSizedType(from) === printSizedType(to)) return false
  if (from.family !== to.family) {
    if (to.family === 'text') return from.family === 'character varying'
    if (to.family === 'character varying') return from.family === 'text' && to.size === undefined
    return from.family === 'cidr' && to.family === 'inet'
  }
  if (to.size === undefined) return true
  if (from.size === undefined) return isClock(to.family) && to.size >= finest
  return to.size >= from.size && to.scale === from.scale
}

/** Microseconds, which a time without a size has. */
const finest = 6

function isClock(family: Family): boolean {
  return family.startsWith('time')
}
