import { shown } from '../../../sql/names.ts'
import { isNew, transactionOf } from '../../sql/flow.ts'
import { lockedTables } from '../../sql/locks.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Spot } from '../sql-rule.ts'

export const multiTableDdlOneTx = defineSqlRule({
  name: 'multi-table-ddl-one-tx',
  summary: 'One transaction locks few tables',
  severity: 'warning',
  why: 'every lock is kept until the commit, so that the first table waits for the last, and two such transactions can wait for each other',
  fix: 'one transaction a table, or small groups that always come in the same order',
  script(script, { facts, earlier }) {
    const locked = new Map<number, Set<string>>()
    return script.flow.flatMap((statement, index): readonly Spot[] => {
      const at = { script, flow: script.flow, index, statement, owner: undefined, facts, earlier }
      const span = transactionOf(at)
      if (span === undefined || statement.origin !== 'script') return []
      const names = locked.get(span.from) ?? new Set()
      const before = names.size
      for (const name of lockedTables(statement)) if (!isNew(at, name)) names.add(name)
      locked.set(span.from, names)
      if (before > most || names.size <= most) return []
      const tables = [...names].map(shown).join(', ')
      return [{ message: `this transaction locks ${names.size} tables by now: ${tables}`, index: statement.start }]
    })
  },
})

/** So many at once are usual. */
const most = 3
