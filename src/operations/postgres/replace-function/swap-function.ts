import { md5 } from '../../../kernel/checksum.ts'
import { LockstepError } from '../../../kernel/errors.ts'
import { derivedName, quoteIdentifier } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { readDependents, repoint, requireMovable, requireSame } from './dependents.ts'
import { setGrants, setSurroundings } from './function-attributes.ts'
import { hashOf, printFunction, targetOf } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
import { reread } from './logical-function.ts'

/**
 * Takes a function out of the way, has `put` make (or name) the one that follows it, moves everything that depends on the
 * first to the second, and drops the first or gives it its name back. Proves it from the catalog. In one transaction.
 */
export async function swap(
  q: Queryable,
  from: FunctionState,
  put: () => Promise<FunctionState>,
  keep: boolean,
): Promise<FunctionState> {
  const dependents = await readDependents(q, from.oid)
  requireMovable(from, dependents)
  const aside = { ...from, name: derivedName(from.name, md5(from.types).slice(0, 8), 'aside') }
  await q.script(`alter ${targetOf(from)} rename to ${quoteIdentifier(aside.name)}`)
  const to = await put()
  await repoint(q, dependents)
  if (keep) await q.script(`alter ${targetOf(aside)} rename to ${quoteIdentifier(from.name)}`)
  else await drop(q, aside)
  requireSame(dependents, await readDependents(q, to.oid))
  return to
}

/** Throws LS-2604 where something depends on it still. */
export async function drop(q: Queryable, state: FunctionState): Promise<void> {
  try {
    await q.script(`drop ${targetOf(state)}`)
  } catch (cause) {
    if (sqlState(cause) !== '2BP01') throw cause
    throw new LockstepError('LS-2604', `${printFunction(state)} cannot go: something depends on it`, {
      where: { name: printFunction(state) },
      why: cause instanceof Error && 'detail' in cause ? String(cause.detail) : '',
      hint: 'put what depends on it on the new function, then run the command again',
      cause,
    })
  }
}

/** Owner, grants, comment and extensions as `like` has them; returns it as it is then, and proves the grants. */
export async function dress(q: Queryable, made: FunctionState, like: FunctionState): Promise<FunctionState> {
  await setSurroundings(q, made, like)
  await setGrants(q, await reread(q, made), like.grants)
  const dressed = await reread(q, made)
  const who = (state: FunctionState): string =>
    state.grants.map(({ grantee, grantable }) => `${grantee}${grantable ? '*' : ''}`).join(' ')
  if (who(dressed) === who(like) && dressed.owner === like.owner && dressed.comment === like.comment) return dressed
  throw new LockstepError('LS-2601', `${printFunction(made)} did not get the owner, grants and comment it had`, {
    where: { name: printFunction(made) },
    hint: `run as its owner ${like.owner}; nothing has been changed`,
  })
}

/** Makes a function again exactly as it was, wherever it is gone. */
export async function recreate(q: Queryable, state: FunctionState): Promise<FunctionState> {
  await q.script('set local check_function_bodies = off')
  await q.script(state.definition)
  const made = await dress(q, await reread(q, state), state)
  if (hashOf(made) === hashOf(state)) return made
  throw new LockstepError('LS-2601', `${printFunction(state)} could not be made again as it was`, {
    where: { name: printFunction(state) },
    hint: 'nothing has been changed; see what the server makes of its definition (\\sf in psql)',
  })
}
