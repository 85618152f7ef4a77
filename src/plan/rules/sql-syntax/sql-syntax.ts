import { defineSqlRule } from '../sql-rule.ts'

export const sqlSyntax = defineSqlRule({
  name: 'sql-syntax',
  summary: 'SQL can be read',
  severity: 'error',
  why: 'Postgres will not read it either, and no other rule has looked at this statement',
  fix: 'mend it; commands of psql (\\copy, \\connect) and data behind COPY are no SQL',
  script: ({ problems }) => problems.map(({ message, index }) => ({ message, index })),
})
