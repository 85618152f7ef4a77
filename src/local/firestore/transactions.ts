import { randomBytes } from 'node:crypto'
import { status } from '@grpc/grpc-js'
import { historyMillis } from './history.ts'
import { createLocks } from './locks.ts'
import type { Holder, Lock, Locks } from './locks.ts'
import { invalid, refusal } from './status.ts'
import { microsOf } from './store.ts'
import type { Database, View } from './store.ts'
import { parseTimestamp } from './values.ts'
import type { WireConsistency, WireTransactionOptions } from './wire.ts'

/** The state a read looks at, and what must be told of it. */
export interface Reading {
  readonly view: View
  /** Of a transaction this read has begun; its first answer carries the id. */
  readonly began: Buffer | undefined
  /** In a read-write transaction: locks what is read until it ends. */
  readonly lock: (lock: Lock) => void
}

/** The transactions of one server: what they read stays as it is until they end. */
export interface Transactions {
  readonly locks: Locks
  begin(database: Database, options?: WireTransactionOptions | null): Buffer
  /** What a read with this selector looks at. */
  read(database: Database, selector: WireConsistency): Reading
  /** Ends a transaction by what it commits, so many writes. */
  finish<T>(database: Database, ending: Ending, commit: (holder: Holder) => T | Promise<T>): Promise<T>
  rollback(database: Database, id: Uint8Array | undefined): void
  /** Forgets those of a project, or all. */
  drop(project?: string): void
}

interface Ending {
  readonly id: Uint8Array
  readonly writes: number
}

interface Transaction extends Holder {
  readonly id: Buffer
  readonly began: number
  lastUsed: number
  readonly readOnly: boolean
  /** undefined once it is being committed or has ended: a snapshot is not held longer than it is read. */
  view: View | undefined
}

type OpenTransaction = Transaction & { readonly view: View }

/** Firestore ends a transaction after this long, or when nothing was read for so long. */
const longestMillis = 270_000
const idleMillis = 60_000

export function createTransactions(): Transactions {
  const { known, open, locks, end, find, begin } = createBook()
  const reading = (transaction: OpenTransaction, began: Buffer | undefined): Reading => ({
    view: transaction.view,
    began,
    lock: (lock) => {
      if (!transaction.readOnly && isOpen(transaction)) locks.hold(transaction, lock)
    },
  })
  return {
    locks,
    begin: (database, options) => begin(database, options).id,
    read: (database, selector) => {
      if (selector.newTransaction) {
        const begun = begin(database, selector.newTransaction)
        return reading(begun, begun.id)
      }
      if (selector.transaction?.length) return reading(openOnly(find(database, selector.transaction)), undefined)
      const view = selector.readTime ? viewAt(database, microsOf(parseTimestamp(selector.readTime))) : database
      return { view, began: undefined, lock: () => undefined }
    },
    finish: async (database, { id, writes }, commit) => {
      const transaction = find(database, id)
      if (openOnly(transaction).readOnly && writes > 0)
        throw invalid('Cannot modify entities in a read-only transaction.')
      transaction.view = undefined
      open.delete(transaction)
      try {
        return await commit(transaction)
      } finally {
        end(transaction)
      }
    },
    rollback: (database, id) => end(find(database, id ?? new Uint8Array())),
    drop: (project) => {
      for (const [key, transaction] of known) {
        if (project !== undefined && !transaction.database.startsWith(`projects/${project}/`)) continue
        known.delete(key)
        end(transaction)
      }
    },
  }
}

/** Those that are known, and those of them that are neither being committed nor over. */
function createBook() {
  const known = new Map<string, Transaction>()
  const open = new Set<Transaction>()
  const locks = createLocks(() => expire())
  const end = (transaction: Transaction): void => {
    transaction.view = undefined
    open.delete(transaction)
    locks.release(transaction)
  }
  const expire = (): void => {
    const now = Date.now()
    for (const [key, transaction] of known) {
      if (transaction.began >= now - longestMillis) break
      known.delete(key)
      end(transaction)
    }
    for (const transaction of open) if (transaction.lastUsed < now - idleMillis) end(transaction)
  }
  const find = (database: Database, id: Uint8Array): Transaction => {
    expire()
    const found = known.get(keyOf(id))
    if (!found || found.database !== database.name) throw invalid('Invalid transaction.')
    found.lastUsed = Date.now()
    return found
  }
  let begun = 0
  const begin = (database: Database, options?: WireTransactionOptions | null): OpenTransaction => {
    expire()
    const before = options?.readWrite?.retryTransaction
    // A retry is as old as what it repeats, so that it gives way to fewer each time.
    const age = (before && known.get(keyOf(before))?.age) ?? ++begun
    const transaction = createTransaction(database, age, options)
    known.set(keyOf(transaction.id), transaction)
    open.add(transaction)
    return transaction
  }
  return { known, open, locks, end, find, begin }
}

const keyOf = (id: Uint8Array): string => Buffer.from(id).toString('base64')

function createTransaction(database: Database, age: number, options?: WireTransactionOptions | null): OpenTransaction {
  const readOnly = options?.readOnly ?? undefined
  const readTime = readOnly?.readTime
  const began = Date.now()
  return {
    database: database.name,
    age,
    id: randomBytes(12),
    began,
    lastUsed: began,
    readOnly: readOnly !== undefined,
    view: readTime ? viewAt(database, microsOf(parseTimestamp(readTime))) : readOnly ? database.snapshot() : database,
  }
}

function openOnly(transaction: Transaction): OpenTransaction {
  if (!isOpen(transaction)) throw invalid('Transaction is invalid or closed.')
  return transaction
}

const isOpen = (transaction: Transaction): transaction is OpenTransaction => transaction.view !== undefined

/** A state of the last hour. */
function viewAt(database: Database, micros: number): View {
  if (micros > Date.now() * 1000 + 999 && micros > database.readMicros()) {
    throw invalid("The requested 'read_time' cannot be in the future.")
  }
  const view = micros < (Date.now() - historyMillis) * 1000 ? undefined : database.at(micros)
  if (view) return view
  throw refusal(status.FAILED_PRECONDITION, 'The requested snapshot version is too old.')
}
