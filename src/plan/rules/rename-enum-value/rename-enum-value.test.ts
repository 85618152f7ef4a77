import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { renameEnumValue } from './rename-enum-value.ts'

describeSqlRule(renameEnumValue, {
  finds: [`alter type mood rename value 'sad' to 'blue';`],
  leaves: [`alter type mood add value 'blue';`],
})
