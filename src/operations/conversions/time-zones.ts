const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether the runtime knows the IANA zone. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Seconds that the zone's clocks are ahead of UTC at an instant given in seconds since 1970. */
export function offsetAt(zone: string, seconds: number): number {
  if (zone === 'UTC') return 0
  const text = formatOf(zone).format(seconds * 1000)
  const [, sign, hours = '0', minutes = '0', rest = '0'] = /GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? []
  const ahead = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)
  return sign === '-' ? -ahead : ahead
}

/**
 * The instant at which the zone's clocks show a local time, given as if it were UTC. Where they show it twice it is
 * the earlier one; where they leap over it, the instant that they show as much later as they leap.
 */
export function instantOf(zone: string, local: number): { seconds: number; times: 0 | 1 | 2 } {
  const before = offsetAt(zone, local - 86_400)
  const after = offsetAt(zone, local + 86_400)
  const candidates = before === after ? [before] : [before, after]
  const shown = candidates
    .map((offset) => local - offset)
    .filter((seconds) => seconds + offsetAt(zone, seconds) === local)
  const times = shown.length === 0 ? 0 : shown.length === 1 ? 1 : 2
  return { seconds: times === 0 ? local - before : Math.min(...shown), times }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', hour: 'numeric' })
  formats.set(zone, format)
  return format
}
