/** What a provider says about one of its two limits. */
export interface LimitNews {
  /** A minute's worth. */
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
  /** Milliseconds until the limit is whole again. */
  readonly reset?: number | undefined
}

/** What the headers of one answer say about rate limits. */
export interface RateNews {
  readonly requests: LimitNews
  readonly tokens: LimitNews
  /** Milliseconds for which nothing may be sent. */
  readonly pause?: number | undefined
}

/** Reads the headers; what is missing, not a number, zero or less says nothing, for some gateways answer -1 or 0. */
export function parseRateNews(headers: Headers): RateNews {
  return { requests: limitNews(headers, 'requests'), tokens: limitNews(headers, 'tokens'), pause: parsePause(headers) }
}

function limitNews(headers: Headers, of: 'requests' | 'tokens'): LimitNews {
  const limit = positive(headers.get(`x-ratelimit-limit-${of}`))
  return {
    limit,
    // Nothing remaining is news only of a limit that is told as well.
    remaining: limit === undefined ? undefined : whole(headers.get(`x-ratelimit-remaining-${of}`)),
    reset: parseDuration(headers.get(`x-ratelimit-reset-${of}`)),
  }
}

function parsePause(headers: Headers): number | undefined {
  const exact = positive(headers.get('retry-after-ms'))
  if (exact !== undefined) return exact
  const text = headers.get('retry-after')
  const seconds = positive(text)
  if (seconds !== undefined) return seconds * 1000
  const until = text === null || !/[a-z]{3}/i.test(text) ? Number.NaN : Date.parse(text) - Date.now()
  return until > 0 ? until : undefined
}

const units: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 0.001 }

/** Milliseconds of `6m0s`, `1.5s`, `20ms`, or of plain seconds; undefined for anything else, and for zero. */
export function parseDuration(text: string | null): number | undefined {
  if (text === null) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return positive(String(Number(text) * 1000))
  if (!/^(\d+(\.\d+)?(d|h|ms|m|us|s))+$/.test(text)) return undefined
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|m|us|s)/g)]
  return positive(String(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0)))
}

function positive(text: string | null): number | undefined {
  const value = whole(text)
  return value === undefined || value <= 0 ? undefined : value
}

function whole(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}
