import { LockstepError } from '../../../kernel/errors.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { copyCalledBy } from '../../provisioning-chain.ts'
import { setAttributes, setGrants } from './function-attributes.ts'
import { definitionAs, readFunction } from './function-state.ts'
import type { FunctionState } from './function-state.ts'

export interface FunctionIdentity extends TableName {
  /** Oids of the input types. */
  readonly inputs: readonly string[]
}

/**
 * A function as its team wrote it. Where other steps have wrapped it, so that new tenants get their columns, its text is
 * in the innermost copy, and owner, grants and comment are those of the function that is called.
 */
export interface LogicalFunction {
  readonly state: FunctionState
  /** From the one that is called inwards; empty where nothing is wrapped. */
  readonly wrappers: readonly FunctionState[]
  /** Where the text is. */
  readonly inner: FunctionState
}

export async function readLogical(q: Queryable, identity: FunctionIdentity): Promise<LogicalFunction | undefined> {
  const called = await readFunction(q, identity, identity.inputs)
  if (called === undefined) return undefined
  const wrappers: FunctionState[] = []
  let inner = called
  for (let copy = copyCalledBy(inner.body); copy !== undefined; copy = copyCalledBy(inner.body)) {
    const next = await readFunction(q, copy, identity.inputs)
    if (next === undefined || wrappers.length > 100) break
    wrappers.push(inner)
    inner = next
  }
  return { state: asCalled(inner, called), wrappers, inner }
}

function asCalled(inner: FunctionState, called: FunctionState): FunctionState {
  const { oid, schema, name, quoted, owner, grants, comment, extensions, partOf } = called
  const definition = inner.definition === '' ? '' : definitionAs(inner, quoted)
  return { ...inner, oid, schema, name, quoted, owner, grants, comment, extensions, partOf, definition }
}

/**
 * Puts a definition in the place of the function's text by CREATE OR REPLACE, so that identity, owner, grants, comment
 * and dependents stay; `settle` may alter it then. Wrappers take over its attributes.
 */
export async function writeText(
  q: Queryable,
  { wrappers, inner, state }: LogicalFunction,
  definition: (quoted: string) => string,
  settle: (made: FunctionState) => Promise<void>,
): Promise<FunctionState> {
  await q.script(definition(inner.quoted))
  await settle(await reread(q, inner))
  const made = await reread(q, inner)
  for (const wrapper of wrappers) await setAttributes(q, wrapper, made.attributes)
  if (wrappers.length > 0 && made.attributes.definer !== inner.attributes.definer) {
    // A definer's wrapper calls its copy as the owner, any other as whoever calls it.
    const grants = made.attributes.definer
      ? state.grants.filter(({ grantee }) => grantee === state.owner)
      : state.grants
    for (const copy of [...wrappers.slice(1), inner]) await setGrants(q, await reread(q, copy), grants)
  }
  return made
}

/** The same function as it is now. Throws LS-9001 where it is gone. */
export async function reread(q: Queryable, { schema, name, signature }: FunctionState): Promise<FunctionState> {
  const found = await readFunction(q, { schema, name }, signature.inputs)
  if (found === undefined) throw new LockstepError('LS-9001', `function ${name} is gone in its own transaction`)
  return found
}

export function identityOf({ schema, name, signature }: FunctionState): FunctionIdentity {
  return { schema, name, inputs: signature.inputs }
}
