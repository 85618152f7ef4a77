import type pg from 'pg'

/** What `pg` hands to whatever it runs: a part of its connection. */
interface CopyConnection {
  readonly stream: { once(event: 'drain', listener: () => void): unknown; readonly writableNeedDrain: boolean }
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** COPY … FROM STDIN of these chunks, waiting where the socket is full. */
export function copyIn(client: pg.Client, sql: string, chunks: Iterable<Buffer>): Promise<void> {
  return new Promise((resolve, reject) => {
    const pump = async (connection: CopyConnection): Promise<void> => {
      let [gathered, size]: [Buffer[], number] = [[], 0]
      const send = async (): Promise<void> => {
        connection.sendCopyFromChunk(Buffer.concat(gathered))
        ;[gathered, size] = [[], 0]
        const { stream } = connection
        if (stream.writableNeedDrain) await new Promise<void>((ready) => void stream.once('drain', ready))
      }
      for (const chunk of chunks) {
        gathered.push(chunk)
        size += chunk.length
        if (size > 262_144) await send()
      }
      await send()
      connection.endCopyFrom()
    }
    const query = {
      submit(connection: pg.Connection): void {
        connection.query(sql)
      },
      handleCopyInResponse(connection: CopyConnection): void {
        pump(connection).catch(reject)
      },
      handleCommandComplete(): void {},
      handleReadyForQuery: resolve,
      handleError: reject,
    }
    client.query(query)
  })
}
