import { tableName } from '../../../sql/names.ts'
import { settingAt } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const buildMemory = defineSqlRule({
  name: 'build-memory',
  summary: 'A vector index is built in memory',
  severity: 'note',
  sparesNew: true,
  why: 'a graph that does not fit into maintenance_work_mem is built many times slower',
  fix: "SET maintenance_work_mem = '2GB' before it, as far as the server has it, and watch pg_stat_progress_create_index",
  on: {
    IndexStmt({ accessMethod, relation, idxname }, at) {
      if (accessMethod !== 'hnsw' && accessMethod !== 'ivfflat') return undefined
      if (settingAt(at, 'maintenance_work_mem') !== undefined) return undefined
      return {
        message: `${idxname ?? 'the index'} is built with the usual maintenance_work_mem`,
        table: tableName(relation),
      }
    },
  },
})
