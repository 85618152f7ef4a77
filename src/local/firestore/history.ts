import type { Change } from './store.ts'

/** What recent commits replaced, so that the state before them can be had again. */
export interface History {
  /** Notes changes with the moment each came true, in microseconds. */
  note(changes: readonly Change[], latest: number): void
  /** The changes later than a moment, newest first; undefined when some of them are no longer kept. */
  after(micros: number): readonly Change[] | undefined
  /** Drops everything: only what follows can be undone. */
  forget(latest: number): void
}

interface Entry {
  readonly latest: number
  readonly changes: readonly Change[]
  readonly bytes: number
}

/** As long as production keeps versions without point-in-time recovery. */
export const historyMillis = 60 * 60 * 1000
const historyBytes = 64 * 1024 * 1024
const changeBytes = 200

/** An hour of changes, less where the documents they replaced take more than 64 MiB. */
export function createHistory(): History {
  let entries: Entry[] = []
  let first = 0
  let bytes = 0
  let since = 0
  const trim = (): void => {
    const oldest = (Date.now() - historyMillis) * 1000
    for (let entry = entries[first]; entry && (bytes > historyBytes || entry.latest < oldest); entry = entries[first]) {
      since = entry.latest
      bytes -= entry.bytes
      first++
    }
    if (first > 1000 && first * 2 > entries.length) {
      entries = entries.slice(first)
      first = 0
    }
  }
  return {
    note: (changes, latest) => {
      const size = changes.reduce((sum, { before }) => sum + changeBytes + (before?.size ?? 0), 0)
      entries.push({ latest, changes, bytes: size })
      bytes += size
      trim()
    },
    after: (micros) => {
      if (micros < since) return undefined
      const later: Change[] = []
      for (let at = entries.length - 1; at >= first; at--) {
        const entry = entries[at]
        if (!entry || entry.latest <= micros) break
        later.push(...entry.changes.filter(({ after }) => (after?.version ?? entry.latest) > micros).toReversed())
      }
      return later
    },
    forget: (latest) => {
      entries = []
      first = 0
      bytes = 0
      since = latest
    },
  }
}
