import { addedConstraints, commandsOf } from '../../../sql/alterations.ts'
import { columnPath, shown, tableName } from '../../../sql/names.ts'
import { asNode, findNodes } from '../../../sql/tree.ts'
import { before } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { majorVersion } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const setNotNullScan = defineSqlRule({
  name: 'set-not-null-scan',
  summary: 'NOT NULL is set on the strength of a validated check',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'every row is read while nobody can read or write the table',
  fix: 'add CHECK (column IS NOT NULL) NOT VALID, validate it in a later transaction, then SET NOT NULL, which trusts it, and drop the check',
  on: {
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      return commandsOf(alter, 'AT_SetNotNull')
        .filter(({ name }) => !isProven(at, table, name ?? ''))
        .map(({ name }) => ({
          message: `every row of ${shown(table)} is read for NULL in ${name} while the table is locked`,
          table,
        }))
    },
  },
})

/** A check of that column was validated earlier in the script, or in one before it. */
function isProven(at: At, table: string, column: string): boolean {
  const alters = [...at.earlier.flatMap(({ flow }) => flow), ...before(at)].flatMap(
    ({ node }) => asNode(node, 'AlterTableStmt') ?? [],
  )
  const ofTable = alters.filter(({ relation }) => tableName(relation) === table)
  const checks = ofTable.flatMap((alter) =>
    addedConstraints(alter, 'CONSTR_CHECK')
      .filter(({ constraint }) =>
        findNodes(constraint.raw_expr, 'NullTest').some(
          ({ nulltesttype, arg }) =>
            nulltesttype === 'IS_NOT_NULL' && columnPath(asNode(arg, 'ColumnRef') ?? {}).at(-1) === column,
        ),
      )
      .map(({ constraint }) => constraint),
  )
  const validated = new Set(
    ofTable.flatMap((alter) => commandsOf(alter, 'AT_ValidateConstraint').map(({ name }) => name)),
  )
  return (
    majorVersion(at.facts) >= 12 &&
    checks.some(({ conname, skip_validation }) => skip_validation !== true || validated.has(conname))
  )
}
