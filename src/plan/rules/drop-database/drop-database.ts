import { defineSqlRule } from '../sql-rule.ts'

export const dropDatabase = defineSqlRule({
  name: 'drop-database',
  summary: 'No database is dropped by a migration',
  severity: 'error',
  why: 'nothing brings it back but a backup of the whole server',
  fix: 'take it out of the script; drop it by hand, when its backup was restored somewhere once',
  on: {
    DropdbStmt: ({ dbname }) => ({ message: `the database ${dbname} is dropped` }),
  },
})
