import { shown, tableName } from '../../../sql/names.ts'
import { nodesIn } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const vacuumFullCluster = defineSqlRule({
  name: 'vacuum-full-cluster',
  summary: 'No table is packed while it is in use',
  severity: 'error',
  sparesNew: true,
  why: 'the table is copied while nobody can read or write it',
  fix: 'use pg_repack, or plain VACUUM where space need not go back to the system',
  on: {
    VacuumStmt(vacuum) {
      if (!nodesIn(vacuum.options, 'DefElem').some(({ defname }) => defname === 'full')) return undefined
      const [table] = nodesIn(vacuum.rels, 'VacuumRelation').map(({ relation }) => tableName(relation))
      return {
        message: `VACUUM FULL copies ${table === undefined ? 'every table' : shown(table)} under an exclusive lock`,
        ...(table === undefined ? {} : { table }),
      }
    },
    ClusterStmt({ relation }) {
      if (relation === undefined) return { message: 'CLUSTER copies every clustered table under an exclusive lock' }
      const table = tableName(relation)
      return { message: `CLUSTER copies ${shown(table)} under an exclusive lock`, table }
    },
  },
})
