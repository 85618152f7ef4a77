import { shown } from '../../../sql/names.ts'
import { after } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { functionHead, isTriggerFunction } from '../../sql/functions.ts'
import { executeGrants } from '../../sql/grants.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dynamicDdlDefiner = defineSqlRule({
  name: 'dynamic-ddl-definer',
  summary: 'No function makes DDL of its arguments as its owner',
  severity: 'error',
  why: 'whoever may call it changes any table of the owner; quoting with %I keeps out other statements, not other tables',
  fix: 'move it to a schema that is not served and give it to the service role alone, or check the name against a list; better, change tables by migrations',
  ofDefinitions: true,
  on: {
    CreateFunctionStmt(create, at) {
      const head = functionHead(create)
      if (!head.definer || isTriggerFunction(head)) return undefined
      const ddl = at.statement.body?.dynamic.find((text) =>
        /^\s*(alter|create|drop|truncate|grant|revoke|comment|reindex)\b/i.test(text),
      )
      if (ddl === undefined || takenAway(at, head.name)) return undefined
      return { message: `${shown(head.name)} runs "${ddl.trim().replace(/\s+/g, ' ').slice(0, 50)}" as its owner` }
    },
  },
})

/** Neither everybody nor a role of the API may call it. */
function takenAway(at: At, name: string): boolean {
  const grants = executeGrants(after(at)).filter(({ names }) => names === undefined || names.includes(name))
  const revoked = new Set(grants.filter(({ grant }) => !grant).flatMap(({ roles }) => roles))
  return ['public', 'anon', 'authenticated'].every((role) => revoked.has(role))
}
