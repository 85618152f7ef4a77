import { nodesIn } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const cascadeAnywhere = defineSqlRule({
  name: 'cascade-anywhere',
  summary: 'What is dropped is spelled out',
  severity: 'error',
  why: 'CASCADE drops views, foreign keys, policies, functions and columns that the script does not name, and differently on each server',
  fix: 'leave CASCADE out, and drop what Postgres then names, one by one',
  on: {
    DropStmt({ behavior, removeType }) {
      // Of a schema another rule speaks.
      return behavior === 'DROP_CASCADE' && removeType !== 'OBJECT_SCHEMA'
        ? { message: 'DROP … CASCADE drops more than it names' }
        : undefined
    },
    AlterTableStmt({ cmds }) {
      return nodesIn(cmds, 'AlterTableCmd')
        .filter(({ behavior }) => behavior === 'DROP_CASCADE')
        .map(({ name }) => ({ message: `dropping ${name} with CASCADE drops more than it names` }))
    },
    DropOwnedStmt: () => ({ message: 'DROP OWNED drops everything that a role has' }),
  },
})
