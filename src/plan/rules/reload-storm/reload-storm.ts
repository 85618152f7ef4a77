import { constantText, functionName } from '../../../sql/names.ts'
import { findNodes } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const reloadStorm = defineSqlRule({
  name: 'reload-storm',
  summary: 'The API reads its schema once a phase',
  severity: 'warning',
  why: 'each reload reads the whole catalog, and with ten thousand tables the API does nothing else',
  fix: 'one NOTIFY pgrst at the end, outside of the loop',
  on: {
    NotifyStmt: ({ conditionname }, { statement }) =>
      conditionname === 'pgrst' && statement.inLoop ? { message: 'the API is told to reload in a loop' } : undefined,
    SelectStmt(select, { statement }) {
      if (!statement.inLoop) return undefined
      const call = findNodes(select, 'FuncCall').find(
        (each) => functionName(each) === 'pg_notify' && constantText(each.args?.[0]) === 'pgrst',
      )
      return call === undefined ? undefined : { message: 'the API is told to reload in a loop' }
    },
  },
})
