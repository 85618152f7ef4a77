import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import { printFunction } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
import { broken, rolledBack } from './probe-tenant.ts'
import type { ReplaceFunctionSpec } from './replace-function.ts'

interface Issue {
  readonly level: string
  readonly message: string
  readonly lineno: number | null
}

/**
 * Has the function as it is now checked by plpgsql_check, where the server has it and the role may use it, and by the step's own probe. Returns
 * warnings. Throws LS-2605, which takes the change back.
 */
export async function checkFunction(
  q: Queryable,
  state: FunctionState,
  { options }: ReplaceFunctionSpec,
): Promise<readonly string[]> {
  const issues = state.language === 'plpgsql' ? await checkBody(q, state) : []
  const errors = issues.filter(({ level }) => level === 'error')
  if (errors.length > 0) {
    throw new LockstepError('LS-2605', `${printFunction(state)} does not work: ${listed(errors.map(printIssue))}`, {
      where: { name: options.file },
      why: 'found by plpgsql_check; nothing has been changed',
      hint: 'mend the file, then run up again',
    })
  }
  if (options.probe !== undefined) await callProbe(q, options.probe, state)
  return issues.map((issue) => `${printFunction(state)}: ${printIssue(issue)}`)
}

async function callProbe(q: Queryable, probe: string, state: FunctionState): Promise<void> {
  try {
    await rolledBack(q, () => q.query(probe))
  } catch (cause) {
    throw broken(printFunction(state), cause)
  }
}

/** A trigger function is checked on each table that it serves, and not at all where it serves none. */
async function checkBody(q: Queryable, { oid }: FunctionState): Promise<readonly Issue[]> {
  const [checker] = await q.query<{ schema: string }>(
    `select n.nspname as schema from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'plpgsql_check' and pg_catalog.has_schema_privilege(n.oid, 'usage')`,
  )
  if (checker === undefined) return []
  const rows = await q.query<{ relid: string }>(
    `select '0' as relid from pg_catalog.pg_proc where oid = $1 and prorettype <> 'pg_catalog.trigger'::regtype
     and prorettype <> 'pg_catalog.event_trigger'::regtype
     union select tgrelid::text from pg_catalog.pg_trigger where tgfoid = $1 and not tgisinternal`,
    [oid],
  )
  const issues: Issue[] = []
  for (const { relid } of rows) {
    issues.push(
      ...(await q.query<Issue>(
        `select level::text as level, message, lineno from ${quoteIdentifier(checker.schema)}.plpgsql_check_function_tb(
           funcoid => $1::oid::regprocedure, relid => $2::oid::regclass)`,
        [oid, relid],
      )),
    )
  }
  return issues
}

function printIssue({ message, lineno }: Issue): string {
  return lineno === null ? message : `line ${lineno}: ${message}`
}
