import { defineSqlRule } from '../sql-rule.ts'

export const creatorNotMigrated = defineSqlRule({
  name: 'creator-not-migrated',
  summary: 'The function that makes tables is changed together with the tables',
  severity: 'warning',
  why: 'the next tenant gets a table of the old shape',
  fix: 'replace the function first, in the same migration, and look again for tables made meanwhile (tenants.provision in the configuration has Lockstep do it)',
  on: {
    AlterTableStmt(_, at) {
      const { origin, inLoop, dynamic } = at.statement
      if (origin !== 'do' || !inLoop || !dynamic) return undefined
      const replaced = at.script.statements.some(({ tag }) => tag === 'CreateFunctionStmt')
      return replaced
        ? undefined
        : { message: 'tables found in a loop get a new shape, and no function that makes them does' }
    },
  },
})
