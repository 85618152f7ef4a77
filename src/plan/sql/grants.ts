import type { GrantStmt } from 'libpg-query'
import { listedName, tableName } from '../../sql/names.ts'
import type { Statement } from '../../sql/statement.ts'
import { asNode, nodesIn } from '../../sql/tree.ts'

/** Execution of functions, granted or revoked. */
export interface ExecuteGrant {
  readonly grant: boolean
  /** Full names; undefined for all of them, those to come included. */
  readonly names: readonly string[] | undefined
  /** Names of roles, `public` for everybody. */
  readonly roles: readonly string[]
}

/** What these statements say of who may execute functions, in order. */
export function executeGrants(statements: readonly Statement[]): readonly ExecuteGrant[] {
  return statements.flatMap(({ node }) => {
    const byDefault = asNode(node, 'AlterDefaultPrivilegesStmt')?.action
    const statement = byDefault ?? asNode(node, 'GrantStmt')
    if (statement === undefined || !/FUNCTION|ROUTINE|PROCEDURE/.test(statement.objtype ?? '')) return []
    const listed = byDefault === undefined && statement.targtype === 'ACL_TARGET_OBJECT'
    const names = listed ? (statement.objects ?? []).map(listedName) : undefined
    return [{ grant: statement.is_grant ?? false, names, roles: rolesOf(statement) }]
  })
}

/** Full names of tables to which these statements grant something; `*` for all of a schema or those to come. */
export function grantedTables(statements: readonly Statement[]): ReadonlySet<string> {
  const names = statements.flatMap(({ node }) => {
    const byDefault = asNode(node, 'AlterDefaultPrivilegesStmt')?.action
    const statement = byDefault ?? asNode(node, 'GrantStmt')
    if (statement?.objtype !== 'OBJECT_TABLE' || statement.is_grant !== true) return []
    if (byDefault !== undefined || statement.targtype !== 'ACL_TARGET_OBJECT') return ['*']
    return nodesIn(statement.objects, 'RangeVar').map(tableName)
  })
  return new Set(names)
}

function rolesOf({ grantees }: GrantStmt): readonly string[] {
  return nodesIn(grantees, 'RoleSpec').map(({ roletype, rolename }) =>
    roletype === 'ROLESPEC_PUBLIC' ? 'public' : (rolename ?? ''),
  )
}
