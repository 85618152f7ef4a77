import type { DocumentWriter } from '../../src/stores/documents.ts'
import type { IndexWriter } from '../../src/stores/indexes.ts'
import type { TableWriter } from '../../src/stores/tables.ts'

class Crash extends Error {
  override readonly name = 'Crash'
}

export interface CrashPoint {
  /** Dies at this write, counted from 1 over both stores. */
  readonly write: number
  /** Before it reaches the store, or after it landed and before the answer came back. */
  readonly when: 'before' | 'after'
}

/** The process that dies: from the crash point on no call of it reaches a store. Counts writes while it lives. */
export interface Mortal {
  readonly documents: DocumentWriter
  readonly tables: TableWriter
  readonly indexes: IndexWriter
  writes(): number
}

export function createMortal(
  stores: { readonly documents: DocumentWriter; readonly tables: TableWriter; readonly indexes: IndexWriter },
  point?: CrashPoint,
): Mortal {
  const { documents, tables, indexes } = stores
  let writes = 0
  let dead = false
  const living = (): void => {
    if (dead) throw new Crash('the process is dead')
  }
  const die = (): never => {
    dead = true
    throw new Crash(`crashed at write ${writes}`)
  }
  async function counted<T>(work: () => Promise<T>): Promise<T> {
    living()
    writes++
    const here = point?.write === writes
    if (here && point.when === 'before') die()
    const result = await work()
    if (here) die()
    living()
    return result
  }
  async function alive<T>(work: () => Promise<T>): Promise<T> {
    living()
    const result = await work()
    living()
    return result
  }
  return {
    writes: () => writes,
    documents: {
      ...documents,
      get: (names, fields) => alive(() => documents.get(names, fields)),
      count: (scope, having) => alive(() => documents.count(scope, having)),
      write: (batch) => counted(() => documents.write(batch)),
      commit: (batch) => counted(() => documents.commit(batch)),
    },
    tables: {
      ...tables,
      read: (work) => alive(() => tables.read(work)),
      transaction: (work, options) => counted(() => tables.transaction(work, options)),
      autocommit: (sql, options) => counted(() => tables.autocommit(sql, options)),
    },
    indexes: {
      ...indexes,
      readFile: () => alive(() => indexes.readFile()),
      writeFile: (text, was) => counted(() => indexes.writeFile(text, was)),
      createIndex: (index) => counted(() => indexes.createIndex(index)),
      deleteIndex: (name) => counted(() => indexes.deleteIndex(name)),
      setField: (group, path, all) => counted(() => indexes.setField(group, path, all)),
    },
  }
}
