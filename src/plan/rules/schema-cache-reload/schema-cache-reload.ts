import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const schemaCacheReload = defineSqlRule({
  name: 'schema-cache-reload',
  summary: 'The API is told of a new shape',
  severity: 'note',
  why: 'PostgREST knows tables and functions from its cache: what is new answers 404 (PGRST205) until it is read again',
  fix: "NOTIFY pgrst, 'reload schema' once at the end; then wait until the new thing answers",
  script: (script, { facts }) => {
    const made = script.flow.find(
      ({ tag }) => tag === 'CreateStmt' || tag === 'CreateFunctionStmt' || tag === 'ViewStmt',
    )
    const told = script.tokens.some(({ text }) => /^'?pgrst'?$/.test(text))
    return made === undefined || told || !isServed({ facts, script })
      ? undefined
      : { message: 'the API is not told of what is new here', index: made.start }
  },
})
