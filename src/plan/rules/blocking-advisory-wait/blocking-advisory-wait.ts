import { functionName } from '../../../sql/names.ts'
import { findNodes } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const blockingAdvisoryWait = defineSqlRule({
  name: 'blocking-advisory-wait',
  summary: 'An advisory lock is tried for, not waited for',
  severity: 'warning',
  why: 'who waits in pg_advisory_lock keeps a snapshot, for which a concurrent build waits: when the holder of the lock builds, both wait for ever (40P01)',
  fix: 'try pg_try_advisory_lock again and again, with a pause and an end',
  on: {
    SelectStmt(select) {
      const call = findNodes(select, 'FuncCall').find((each) =>
        /^pg_advisory(_xact)?_lock(_shared)?$/.test(functionName(each)),
      )
      return call === undefined ? undefined : { message: `${functionName(call)} waits without an end` }
    },
  },
})
