import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { pg14IndexCorruption } from './pg14-index-corruption.ts'

describeSqlRule(pg14IndexCorruption, {
  finds: [
    { sql: 'create index concurrently i on t (a);', version: '14.2' },
    { sql: 'reindex table concurrently t;', version: '14.0' },
  ],
  leaves: [
    { sql: 'create index concurrently i on t (a);', version: '14.4' },
    'create index concurrently i on t (a);',
    { sql: 'create index i on t (a);', version: '14.2' },
  ],
})
