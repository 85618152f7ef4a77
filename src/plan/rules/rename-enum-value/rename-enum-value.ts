import { stringsOf } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const renameEnumValue = defineSqlRule({
  name: 'rename-enum-value',
  summary: 'A value of an enum keeps its name',
  severity: 'error',
  why: 'clients that write the old name fail at once, and those that read meet a name they do not know',
  fix: 'add the new value, write it from then on, convert the rows in batches, and stop using the old one',
  on: {
    AlterEnumStmt({ oldVal, newVal, typeName: names }) {
      if (oldVal === undefined) return undefined
      return { message: `'${oldVal}' of ${stringsOf(names).join('.')} becomes '${newVal}' from one moment to the next` }
    },
  },
})
