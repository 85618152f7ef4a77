import { randomUUID } from 'node:crypto'
import { isPassing } from '../../src/run/passing-errors.ts'
import type { Queryable, TableWriter, TransactionOptions } from '../../src/stores/tables.ts'

const mostTries = 8

export interface PatientTables extends TableWriter {
  /** Commits whose answer was lost, and that had happened. */
  lostAnswers(): number
}

/**
 * Rides out connections that are cut, as Lockstep does: a read is done again, and so is a transaction, unless its receipt,
 * a row of `receipt` that it wrote first, says that it was committed. `onTry` is told before each try which one it is, and of
 * the last one when it is over.
 */
export function patientTables(tables: TableWriter, onTry: (nth: number) => void): PatientTables {
  const running = new Set<Promise<unknown>>()
  let lost = 0
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let nth = 0; ; nth++) {
      try {
        onTry(nth)
        return await work()
      } catch (error) {
        if (nth === mostTries || !isPassing(error)) throw error
      } finally {
        onTry(mostTries)
      }
    }
  }
  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled = work.finally(() => running.delete(settled))
    running.add(settled)
    return settled
  }
  return {
    ...tables,
    lostAnswers: () => lost,
    read: (work) => track(patiently(() => tables.read(work))),
    transaction: <T>(work: (q: Queryable) => Promise<T>, options?: TransactionOptions) => {
      const receipt = randomUUID()
      let last: { readonly result: T } | undefined
      const attempt = async (): Promise<T> => {
        const [found] = last ? await tables.read((q) => q.query('SELECT 1 FROM receipt WHERE id = $1', [receipt])) : []
        if (found && last) {
          lost++
          return last.result
        }
        return tables.transaction(async (q) => {
          await q.query('INSERT INTO receipt VALUES ($1)', [receipt])
          const result: T = await work(q)
          last = { result }
          return result
        }, options)
      }
      return track(patiently(attempt))
    },
    close: async () => {
      await Promise.allSettled(running)
      await tables.close()
    },
  }
}
