import pg from 'pg'

/** What clients of both shapes saw while they wrote all the time. */
export interface Written {
  readonly count: number
  readonly errors: readonly string[]
  /** Milliseconds of each statement, sorted. */
  readonly waits: readonly number[]
}

/** Clients that run the statements one after the other, without a pause, until `stop`. */
export function startWriters(
  url: string,
  clients: number,
  statement: (n: number) => string,
): { stop(): Promise<Written> } {
  const waits: number[] = []
  const errors: string[] = []
  let stopped = false
  let n = 0
  const work = async (): Promise<void> => {
    const client = new pg.Client(url)
    await client.connect()
    while (!stopped) {
      const started = performance.now()
      try {
        await client.query(statement(n++))
      } catch (error) {
        errors.push(String(error))
      }
      waits.push(performance.now() - started)
    }
    await client.end()
  }
  const all = Promise.all(Array.from({ length: clients }, work))
  return {
    async stop() {
      stopped = true
      await all
      return { count: waits.length, errors, waits: waits.toSorted((a, b) => a - b) }
    },
  }
}
