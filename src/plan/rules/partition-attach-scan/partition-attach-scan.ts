import { addedConstraints, commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { before, isNew } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const partitionAttachScan = defineSqlRule({
  name: 'partition-attach-scan',
  summary: 'A partition is attached on the strength of a check that matches its bounds',
  severity: 'warning',
  why: 'without a valid check that implies the bounds, every row of the new partition is read under a lock',
  fix: 'add a check of the bounds NOT VALID, validate it, attach, and drop the check',
  on: {
    AlterTableStmt(alter, at) {
      return commandsOf(alter, 'AT_AttachPartition').flatMap(({ def }) => {
        const table = tableName(asNode(def, 'PartitionCmd')?.name)
        return isNew(at, table) || isChecked(at, table)
          ? []
          : [
              {
                message: `every row of ${shown(table)} is read while it is attached to ${shown(tableName(alter.relation))}`,
              },
            ]
      })
    },
  },
})

function isChecked(at: At, table: string): boolean {
  return [...at.earlier.flatMap(({ flow }) => flow), ...before(at)].some(({ node }) => {
    const alter = asNode(node, 'AlterTableStmt')
    return (
      alter !== undefined && tableName(alter.relation) === table && addedConstraints(alter, 'CONSTR_CHECK').length > 0
    )
  })
}
