import type { FuncCall, Node } from 'libpg-query'
import { stringsOf } from '../../../sql/names.ts'
import { findNodes, walk } from '../../../sql/tree.ts'
import type { At } from '../../sql/flow.ts'
import { family, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const policyPerRowAuthCall = defineSqlRule({
  name: 'policy-per-row-auth-call',
  summary: 'A policy asks who the caller is once, not for every row, and not what the caller says',
  severity: 'warning',
  why: 'the function is called for every row that is read; in a sub-select it is called once',
  fix: 'write (select auth.uid()), and take rights from app_metadata or a table',
  on: { CreatePolicyStmt: check, AlterPolicyStmt: check },
  live: {
    sql: `select format('%I.%s: %s', schemaname, ${family('tablename')}, policyname) as name, count(*)::int4 as count,
                 (array_agg(coalesce(qual, with_check)))[1] as detail
            from pg_catalog.pg_policies
           where ${userSchemas('schemaname')}
             and regexp_replace(coalesce(qual, '') || ' ' || coalesce(with_check, ''), 'SELECT (auth\\.[a-z]+\\(\\)|current_setting\\()', '', 'g')
                 ~ '(auth\\.(uid|jwt|role|email)\\(\\)|current_setting\\()'
           group by 1 order by 1 limit 200`,
    spot: ({ name }) => ({ where: name, message: `the policy ${name} calls a function for every row` }),
  },
})

function check({ qual, with_check }: { readonly qual?: Node; readonly with_check?: Node }, { statement }: At): Found {
  const trusted = findNodes([qual, with_check], 'A_Const').find(
    ({ sval }) => sval?.sval === 'user_metadata' || sval?.sval === 'raw_user_meta_data',
  )
  if (trusted !== undefined) {
    return {
      message: 'the policy trusts user_metadata',
      index: statement.at(trusted.location),
      severity: 'error',
      why: 'users write their own user_metadata',
    }
  }
  const calls: FuncCall[] = []
  walk([qual, with_check], (tag, node) => {
    if (tag === 'FuncCall' && isAboutCaller(node)) calls.push(node)
    return tag !== 'SubLink'
  })
  const [call] = calls
  return call === undefined
    ? undefined
    : { message: `${stringsOf(call.funcname).join('.')}() is called for every row`, index: statement.at(call.location) }
}

function isAboutCaller({ funcname }: FuncCall): boolean {
  return /^(auth\.(uid|jwt|role|email)|(pg_catalog\.)?current_setting)$/.test(stringsOf(funcname).join('.'))
}
