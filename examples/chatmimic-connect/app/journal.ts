import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { expectAfter, type Expectation, type WriteEvent } from './expectations.ts'

/** The simulator's own memory of what it wrote, independent of both stores. */
export interface Journal {
  /** Notes a write. With a file, the line is handed to the system before this returns: it survives the process. */
  note(event: WriteEvent): void
  expectation(target: string): Expectation | undefined
  expectations(): readonly Expectation[]
  /** Targets no longer remembered here because there were too many; the file still has them. */
  evicted(): number
  close(): void
}

export interface JournalOptions {
  /** NDJSON, one line a write event; appended to. */
  readonly file?: string | undefined
  /** Documents and rows remembered. Default 20,000; those not written for longest are forgotten first. */
  readonly limit?: number | undefined
}

/** A journal in bounded memory and, where asked for, in a file. */
export function createJournal({ file, limit = 20_000 }: JournalOptions): Journal {
  const known = new Map<string, Expectation>()
  const descriptor = file === undefined ? undefined : openSync(file, 'a')
  let evicted = 0
  const evict = (): void => {
    for (const oldest of known.keys()) {
      if (known.size <= limit) return
      known.delete(oldest)
      evicted++
    }
  }
  return {
    note: (event) => {
      if (descriptor !== undefined) writeSync(descriptor, `${JSON.stringify(event)}\n`)
      remember(known, event)
      evict()
    },
    expectation: (target) => known.get(target),
    expectations: () => [...known.values()],
    evicted: () => evicted,
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}

/** The expectations of a journal file. A last line that was cut off by a crash is left out. */
export async function loadExpectations(file: string): Promise<readonly Expectation[]> {
  const known = new Map<string, Expectation>()
  let pending: string | undefined
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (pending !== undefined) remember(known, parseEvent(pending))
    pending = line
  }
  if (pending?.endsWith('}')) remember(known, parseEvent(pending))
  return [...known.values()]
}

const parseEvent = (line: string): WriteEvent => JSON.parse(line) as WriteEvent

function remember(known: Map<string, Expectation>, event: WriteEvent): void {
  const next = expectAfter(known.get(event.target), event)
  if (next === undefined) return
  known.delete(event.target)
  known.set(event.target, next)
}
