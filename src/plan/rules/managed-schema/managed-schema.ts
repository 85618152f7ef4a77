import { listedName, tableName } from '../../../sql/names.ts'
import { nodesIn } from '../../../sql/tree.ts'
import type { At } from '../../sql/flow.ts'
import { managedSchemas, schemaOf } from '../../sql/schemas.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const managedSchema = defineSqlRule({
  name: 'managed-schema',
  summary: 'The schemas that Supabase keeps are left alone',
  severity: 'error',
  why: 'Supabase changes them itself, and an upgrade fails on, or undoes, what it does not expect there',
  fix: 'keep your own tables and columns in a schema of your own, with a foreign key to auth.users (id)',
  on: {
    CreateStmt: ({ relation }, at) => check([tableName(relation)], at),
    AlterTableStmt: ({ relation, cmds }, at) =>
      nodesIn(cmds, 'AlterTableCmd').every(({ subtype }) => subtype === 'AT_EnableRowSecurity')
        ? undefined
        : check([tableName(relation)], at),
    IndexStmt: ({ relation }, at) => check([tableName(relation)], at),
    RenameStmt: ({ relation }, at) => check([tableName(relation)], at),
    DropStmt: ({ removeType, objects }, at) =>
      removeType === 'OBJECT_TABLE' || removeType === 'OBJECT_INDEX'
        ? check((objects ?? []).map(listedName), at)
        : undefined,
    TruncateStmt: ({ relations }, at) => check(nodesIn(relations, 'RangeVar').map(tableName), at),
  },
})

function check(names: readonly string[], at: At): Found {
  const found = names.find((name) => managedSchemas.has(schemaOf(name)))
  return found === undefined || !isServed(at) ? undefined : { message: `${found} belongs to Supabase` }
}
