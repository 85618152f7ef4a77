import { asNode, nodesIn } from '../../../sql/tree.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const extensionInPublic = defineSqlRule({
  name: 'extension-in-public',
  summary: 'An extension is not put into the schema that the API serves',
  severity: 'warning',
  why: 'its functions are served along, and its names mix with yours',
  fix: 'CREATE EXTENSION … WITH SCHEMA extensions',
  on: {
    CreateExtensionStmt({ extname, options }, at) {
      const schema = asNode(
        nodesIn(options, 'DefElem').find(({ defname }) => defname === 'schema')?.arg,
        'String',
      )?.sval
      return isServed(at) && (schema === undefined || schema === 'public') && !own.has(extname ?? '')
        ? { message: `${extname} goes into the schema public` }
        : undefined
    },
  },
})

/** These bring a schema of their own. */
const own: ReadonlySet<string> = new Set([
  'pg_cron',
  'pgmq',
  'pg_net',
  'pgsodium',
  'supabase_vault',
  'pg_graphql',
  'plpgsql',
])
