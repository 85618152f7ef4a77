import { shown } from '../../../sql/names.ts'
import { isNew, settingAt, transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { lockedTables } from '../../sql/locks.ts'
import { insertBefore } from '../../sql/words.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Spot } from '../sql-rule.ts'

export const missingLockTimeout = defineSqlRule({
  name: 'missing-lock-timeout',
  summary: 'A statement that waits for a lock waits under a lock_timeout',
  severity: 'warning',
  why: 'while it waits behind a long query, every later query of the table waits behind it; without a limit that is an outage',
  fix: "SET LOCAL lock_timeout = '500ms' in its transaction (SET outside of one), and try again on 55P03",
  script(script, { facts, earlier }) {
    if (script.source.timed === true) return undefined
    const told = new Set<number | undefined>()
    return script.flow.flatMap((statement, index): readonly Spot[] => {
      const at = { script, flow: script.flow, index, statement, owner: undefined, facts, earlier }
      const span = transactionOf(at)
      const table = lockedTables(statement).find((name) => !isNew(at, name))
      if (table === undefined || told.has(span?.from) || (settingAt(at, 'lock_timeout') ?? '0') !== '0') return []
      told.add(span?.from)
      return [spotAt(at, table, span === undefined ? 'set' : 'set local')]
    })
  },
})

function spotAt(at: At, table: string, set: string): Spot {
  const { origin, start, dynamic } = at.statement
  const edits = origin === 'script' && !dynamic ? insertBefore(at, `${set} lock_timeout = '500ms';`) : []
  return { message: `${shown(table)} is locked without a limit to the wait`, index: start, edits }
}
