import { listedName, shown } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { after, before } from '../../sql/flow.ts'
import { functionHead, isTriggerFunction } from '../../sql/functions.ts'
import { executeGrants } from '../../sql/grants.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dropCreateLosesAcl = defineSqlRule({
  name: 'drop-create-loses-acl',
  summary: 'A function that is dropped and made again gets back who may execute it',
  severity: 'error',
  why: 'owner, grants, comment and everything that depends on it are gone, and the new one may be executed by everybody',
  fix: 'CREATE OR REPLACE where the signature stays; else in one transaction with REVOKE, GRANT and what depended on it (postgres.replaceFunction)',
  on: {
    CreateFunctionStmt(create, at) {
      const { name } = functionHead(create)
      const dropped = before(at).some(({ node }) => {
        const drop = asNode(node, 'DropStmt')
        return (
          /FUNCTION|ROUTINE|PROCEDURE/.test(drop?.removeType ?? '') &&
          (drop?.objects ?? []).map(listedName).includes(name)
        )
      })
      if (!dropped || isTriggerFunction(functionHead(create))) return undefined
      const told = executeGrants(after(at)).some(({ names }) => names === undefined || names.includes(name))
      return told
        ? undefined
        : { message: `${shown(name)} is dropped and made again, and nothing says who may execute it` }
    },
  },
})
