import type { RawStream } from './protocol.ts'

/** Rows taken from the network before the consumer asked for them; the stream is held back beyond that. */
const readAhead = 256

/**
 * The messages of one server-streaming call, as many together as have arrived. Ends only when the server ended it with status OK; anything else
 * throws, after the rows that came before. Stopping early, or aborting, cancels the call.
 */
export async function* rowsOf<Row>(
  stream: RawStream,
  isRow: (value: unknown) => value is Row,
  signal?: AbortSignal,
): AsyncGenerator<readonly Row[], void, undefined> {
  const inbox = createInbox(stream, isRow)
  const onAbort = () => inbox.fail(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      const rows = inbox.take()
      if (rows.length > 0) yield rows
      signal?.throwIfAborted()
      if (inbox.isDone()) return
      await inbox.arrival()
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    inbox.close()
  }
}

interface Inbox<Row> {
  /** What has arrived since the last time; throws the stream's error once nothing is left before it. */
  take(): readonly Row[]
  isDone(): boolean
  /** Resolves when there is something to take, or the end or the error is known. */
  arrival(): Promise<void>
  fail(error: unknown): void
  close(): void
}

type End = { readonly error: unknown } | 'ok' | undefined

function createInbox<Row>(stream: RawStream, isRow: (value: unknown) => value is Row): Inbox<Row> {
  let rows: Row[] = []
  let end: End
  let wake = () => {}
  const finish = (how: NonNullable<End>) => {
    end ??= how
    wake()
  }
  stream.on('data', (row: unknown) => {
    if (isRow(row)) rows.push(row)
    if (rows.length >= readAhead) stream.pause()
    wake()
  })
  stream.on('error', (error: unknown) => finish({ error }))
  stream.on('end', () => finish('ok'))
  stream.on('close', () =>
    finish({ error: Object.assign(new Error('the stream was closed before its end'), { code: 14 }) }),
  )
  return {
    take: () => {
      const taken = rows
      rows = []
      if (taken.length === 0 && end !== undefined && end !== 'ok') throw end.error
      if (end === undefined) stream.resume()
      return taken
    },
    isDone: () => end === 'ok' && rows.length === 0,
    arrival: () =>
      new Promise((resolve) => {
        if (rows.length > 0 || end !== undefined) resolve()
        else wake = resolve
      }),
    fail: (error) => finish({ error }),
    close: () => cancel(stream, end === 'ok'),
  }
}

/** The driver starts a call some turns after it returned its stream; a cancel before that would be lost. */
function cancel(stream: RawStream, ended: boolean): void {
  if (ended) return
  setImmediate(() => {
    stream.cancel()
    stream.destroy()
  })
}
