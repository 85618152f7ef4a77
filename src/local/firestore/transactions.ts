import { randomBytes } from 'node:crypto'
import { status } from '@grpc/grpc-js'
import { historyMillis } from './history.ts'
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
  /** Whether what is remembered is asked again. */
  readonly isChecked: boolean
  /** Notes what was read, to be asked again at the commit; answers whether it would be read the same. */
  readonly remember: (isUnchanged: () => boolean) => void
}

/** The transactions of one server: optimistic, checked when they commit. */
export interface Transactions {
  begin(database: Database, options?: WireTransactionOptions | null): Buffer
  /** What a read with this selector looks at. */
  read(database: Database, selector: WireConsistency): Reading
  /** Ends a transaction before its writes; ABORTED when something it read has changed. No id is no transaction. */
  finish(database: Database, id: Uint8Array | undefined, writes: number): void
  rollback(database: Database, id: Uint8Array | undefined): void
  /** Forgets those of a project, or all. */
  drop(project?: string): void
}

interface Transaction {
  readonly database: string
  readonly id: Buffer
  readonly began: number
  readonly readOnly: boolean
  /** undefined once it has ended: a snapshot is not held longer than it is read. */
  view: View | undefined
  checks: (() => boolean)[]
}

type OpenTransaction = Transaction & { readonly view: View }

/** Firestore ends a transaction after this long. */
const longestMillis = 270_000

export function createTransactions(): Transactions {
  const known = new Map<string, Transaction>()
  const find = (database: Database, id: Uint8Array): Transaction => {
    forgetOld(known)
    const found = known.get(Buffer.from(id).toString('base64'))
    if (!found || found.database !== database.name) throw invalid('Invalid transaction.')
    return found
  }
  const begin = (database: Database, options?: WireTransactionOptions | null): OpenTransaction => {
    forgetOld(known)
    const transaction = createTransaction(database, options)
    known.set(transaction.id.toString('base64'), transaction)
    return transaction
  }
  return {
    begin: (database, options) => begin(database, options).id,
    read: (database, selector) => {
      if (selector.newTransaction) return reading(begin(database, selector.newTransaction), true)
      if (selector.transaction?.length) return reading(openOnly(find(database, selector.transaction)), false)
      const view = selector.readTime ? viewAt(database, microsOf(parseTimestamp(selector.readTime))) : database
      return { view, began: undefined, isChecked: false, remember: () => undefined }
    },
    finish: (database, id, writes) => {
      if (!id?.length) return
      const transaction = openOnly(find(database, id))
      if (transaction.readOnly && writes > 0) throw invalid('Cannot modify entities in a read-only transaction.')
      const unchanged = transaction.checks.every((isUnchanged) => isUnchanged())
      close(transaction)
      if (!unchanged) throw refusal(status.ABORTED, 'A document read in the transaction has changed since. Try again.')
    },
    rollback: (database, id) => close(find(database, id ?? new Uint8Array())),
    drop: (project) => {
      for (const [key, { database }] of known) {
        if (project === undefined || database.startsWith(`projects/${project}/`)) known.delete(key)
      }
    },
  }
}

function createTransaction(database: Database, options?: WireTransactionOptions | null): OpenTransaction {
  const readOnly = options?.readOnly ?? undefined
  const readTime = readOnly?.readTime
  return {
    database: database.name,
    id: randomBytes(12),
    began: Date.now(),
    readOnly: readOnly !== undefined,
    view: readTime ? viewAt(database, microsOf(parseTimestamp(readTime))) : readOnly ? database.snapshot() : database,
    checks: [],
  }
}

function openOnly(transaction: Transaction): OpenTransaction {
  if (!isOpen(transaction)) throw invalid('Transaction is invalid or closed.')
  return transaction
}

const isOpen = (transaction: Transaction): transaction is OpenTransaction => transaction.view !== undefined

function close(transaction: Transaction): void {
  transaction.view = undefined
  transaction.checks = []
}

function forgetOld(known: Map<string, Transaction>): void {
  const oldest = Date.now() - longestMillis
  for (const [key, { began }] of known) {
    if (began >= oldest) return
    known.delete(key)
  }
}

function reading(transaction: OpenTransaction, isNew: boolean): Reading {
  return {
    view: transaction.view,
    began: isNew ? transaction.id : undefined,
    isChecked: !transaction.readOnly,
    remember: (isUnchanged) => {
      if (!transaction.readOnly && isOpen(transaction)) transaction.checks.push(isUnchanged)
    },
  }
}

/** A state of the last hour. */
function viewAt(database: Database, micros: number): View {
  if (micros > Date.now() * 1000 + 999 && micros > database.readMicros()) {
    throw invalid("The requested 'read_time' cannot be in the future.")
  }
  const view = micros < (Date.now() - historyMillis) * 1000 ? undefined : database.at(micros)
  if (view) return view
  throw refusal(status.FAILED_PRECONDITION, 'The requested snapshot version is too old.')
}
