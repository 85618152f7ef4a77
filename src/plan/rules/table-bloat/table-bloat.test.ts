import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { tableBloat } from './table-bloat.ts'

describeSqlRule(tableBloat, {
  finds: [],
  leaves: ['vacuum (analyze) orders;'],
})
