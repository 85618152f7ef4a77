import { asNode } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dropSchema = defineSqlRule({
  name: 'drop-schema',
  summary: 'No schema is dropped with what is in it',
  severity: 'error',
  why: 'every table, function and type in it goes along',
  fix: 'drop what is in it one by one, so that the script says what goes, then the empty schema',
  on: {
    DropStmt(drop) {
      if (drop.removeType !== 'OBJECT_SCHEMA' || drop.behavior !== 'DROP_CASCADE') return undefined
      return {
        message: `everything in ${(drop.objects ?? []).map((each) => asNode(each, 'String')?.sval).join(', ')} is dropped`,
      }
    },
  },
})
