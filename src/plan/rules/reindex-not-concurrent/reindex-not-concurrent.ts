import { tableName } from '../../../sql/names.ts'
import { nodesIn } from '../../../sql/tree.ts'
import { transactionOf } from '../../sql/flow.ts'
import { majorVersion } from '../../sql/sql-facts.ts'
import { insertAfter } from '../../sql/words.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const reindexNotConcurrent = defineSqlRule({
  name: 'reindex-not-concurrent',
  summary: 'An index is rebuilt concurrently',
  severity: 'error',
  why: 'REINDEX keeps writers out of the table, and readers that would use the index, until it is done',
  fix: 'REINDEX … CONCURRENTLY (PostgreSQL 12 and later), outside of a transaction',
  on: {
    ReindexStmt(reindex, at) {
      const { kind, relation, name, params } = reindex
      if (nodesIn(params, 'DefElem').some(({ defname }) => defname === 'concurrently')) return undefined
      if (kind === 'REINDEX_OBJECT_SYSTEM') return undefined
      const table = kind === 'REINDEX_OBJECT_TABLE' ? { table: tableName(relation) } : {}
      const word = (kind ?? '').slice('REINDEX_OBJECT_'.length).toLowerCase()
      const edits =
        transactionOf(at) === undefined && majorVersion(at.facts) >= 12 ? insertAfter(at, word, ' concurrently') : []
      return { message: `reindexing ${relation?.relname ?? name ?? 'it'} keeps writers waiting`, edits, ...table }
    },
  },
  sparesNew: true,
  sparesSmall: true,
})
