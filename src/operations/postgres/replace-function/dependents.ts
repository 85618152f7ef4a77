import { z } from 'zod'
import { listed } from '../../../tenants/fleet.ts'
import { LockstepError } from '../../../kernel/errors.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { dependentsStatement } from './dependents-sql.ts'
import { printFunction, withPlainPath } from './function-state.ts'
import type { FunctionState } from './function-state.ts'

const dependentForm = z.object({
  /** In the words of the server: `trigger t on table public.orders`. */
  what: z.string(),
  /** Statements that make it anew, so that it calls what has the function's name then. */
  again: z.array(z.string()),
  /** Everything about it that must be the same afterwards. */
  text: z.string(),
  /** Why it cannot be made anew; null where it can. */
  fixed: z.string().nullable(),
})

/** Something in the catalog that calls a function by its identity, so that it survives no DROP of it. */
export type Dependent = z.infer<typeof dependentForm>

/** Bytes of a table whose check constraint is checked again at once, while its clients wait. */
const smallTable = 16 * 1024 * 1024

/** Triggers, policies, views, rules, defaults, checks, functions with a parsed body, and what cannot be made anew. */
export function readDependents(q: Queryable, oid: string): Promise<readonly Dependent[]> {
  return withPlainPath(q, async () => {
    const rows = await q.query(dependentsStatement, [oid, smallTable])
    return rows.map((row) => dependentForm.parse(row))
  })
}

/** Makes the dependents anew, in the order given. Throws LS-2604 where one does not fit the function as it is now. */
export async function repoint(q: Queryable, dependents: readonly Dependent[]): Promise<void> {
  await withPlainPath(q, async () => {
    for (const { what, again } of dependents) {
      try {
        for (const statement of again) await q.script(statement)
      } catch (cause) {
        if (isPassing(cause)) throw cause
        const message = cause instanceof Error ? cause.message : String(cause)
        throw new LockstepError('LS-2604', `${what} does not fit the new function: ${message}`, {
          where: { name: what },
          why: 'it calls the function; nothing has been changed',
          hint: 'keep the types it uses, or drop it before and make it anew after this migration',
          cause,
        })
      }
    }
  })
}

/** Locks, deadlocks and lost connections say nothing about the dependent. */
function isPassing(error: unknown): boolean {
  return !(
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(42|0A|22|23)/.test(error.code)
  )
}

/** Throws LS-2604 where something cannot be made anew, naming all of it. */
export function requireMovable(old: FunctionState, dependents: readonly Dependent[]): void {
  const fixed = dependents.filter((each) => each.fixed !== null)
  if (fixed.length === 0) return
  throw new LockstepError(
    'LS-2604',
    `${printFunction(old)} cannot change its signature: ${fixed.length} things that call it cannot be made anew`,
    {
      where: { name: listed(fixed.map(({ what, fixed: why }) => `${what} (${why ?? ''})`)) },
      hint: 'drop them in a migration before and make them anew after, or give the new function another name',
    },
  )
}

/** Throws LS-2604 where not the very same things depend on the function now, in the same form. */
export function requireSame(before: readonly Dependent[], after: readonly Dependent[]): void {
  const was = new Map(before.map((each) => [each.what, each.text]))
  const is = new Map(after.map((each) => [each.what, each.text]))
  const wrong = [...new Set([...was.keys(), ...is.keys()])].filter((what) => was.get(what) !== is.get(what))
  if (wrong.length === 0) return
  throw new LockstepError('LS-2604', `${wrong.length} things that call the function would not be what they were`, {
    where: { name: listed(wrong) },
    why: 'compared with the catalog before; nothing has been changed',
    hint: 'drop them before and make them anew after this migration, or give the new function another name',
  })
}

/** Other functions whose source holds the name as a word: they call it, or only speak of it. */
export async function readMentions(q: Queryable, state: FunctionState): Promise<readonly string[]> {
  return withPlainPath(q, async () => {
    const rows = await q.query<{ name: string }>(
      `select p.oid::pg_catalog.regprocedure::text as name from pg_catalog.pg_proc p
       join pg_catalog.pg_namespace n on n.oid = p.pronamespace
       where p.prosrc ~ ('\\m' || pg_catalog.regexp_replace($1, '([^[:alnum:]_])', '\\\\\\1', 'g') || '\\M') and p.oid <> $2::oid
         and n.nspname not in ('pg_catalog', 'information_schema', 'lockstep')
       order by 1 limit 100`,
      [state.name, state.oid],
    )
    return rows.map((row) => row.name.replace(/^public\./, ''))
  })
}
