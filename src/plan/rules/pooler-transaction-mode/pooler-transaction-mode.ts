import { functionName } from '../../../sql/names.ts'
import { findNodes } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

/** What a session keeps: released by pg_advisory_unlock or by its end, not with the transaction. */
const sessionLock = /^pg_(?:try_)?advisory_lock(?:_shared)?$/

export const poolerTransactionMode = defineSqlRule({
  name: 'pooler-transaction-mode',
  summary: 'What is called through a pool keeps nothing in its session',
  severity: 'warning',
  why: 'a pool in transaction mode (port 6543 on Supabase) gives the next statement another connection: the lock, the prepared statement or the cursor stays behind on the first, for whoever comes there next',
  fix: 'pg_advisory_xact_lock or a row with an expiry, no PREPARE, cursors within their transaction; LISTEN on a connection of its own (port 5432)',
  inBodies: 'too',
  on: {
    SelectStmt(select, at) {
      if (at.statement.origin !== 'function') return undefined
      const call = findNodes(select, 'FuncCall').find((each) => sessionLock.test(functionName(each)))
      return call === undefined
        ? undefined
        : { message: `${functionName(call)} is held by the session, not by the transaction` }
    },
    PrepareStmt: ({ name }) => ({ message: `prepared statement ${name ?? ''} is known to one connection alone` }),
    ListenStmt: ({ conditionname }) => ({ message: `LISTEN ${conditionname ?? ''} hears nothing behind a pool` }),
    DeclareCursorStmt: ({ portalname, options }) =>
      (BigInt(options ?? 0) & withHold) === 0n
        ? undefined
        : { message: `cursor ${portalname ?? ''} outlives its transaction, on one connection alone` },
  },
})

/** CURSOR_OPT_HOLD of the server's grammar. */
const withHold = 0x20n
