import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const renameColumn = defineSqlRule({
  name: 'rename-column',
  summary: 'A column is renamed through a new column',
  severity: 'error',
  sparesNew: true,
  why: 'clients know one name: the old ones fail from that moment, the new ones until then',
  fix: 'add a column of the new name, keep both in step by a trigger, backfill, switch readers, then drop the old one (postgres.renameColumn)',
  on: {
    RenameStmt({ renameType, relationType, relation, subname, newname }) {
      if (renameType !== 'OBJECT_COLUMN' || relationType !== 'OBJECT_TABLE') return undefined
      const table = tableName(relation)
      return { message: `${subname} of ${shown(table)} is called ${newname} from one moment to the next`, table }
    },
  },
})
