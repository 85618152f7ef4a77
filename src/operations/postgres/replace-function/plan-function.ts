import { LockstepError, isLockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TenantsConfig } from '../../../tenants/tenants-config.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { tenantsIn } from '../../table-targets.ts'
import { readDependents, readMentions } from './dependents.ts'
import type { Dependent } from './dependents.ts'
import { grantsFor } from './function-attributes.ts'
import { effectsOf, warningsOf } from './function-effects.ts'
import { parseFunctionFile, parseFunctionName } from './function-file.ts'
import type { FunctionFile } from './function-file.ts'
import { hashOf, printFunction, readOverloads } from './function-state.ts'
import type { FunctionState, Signature } from './function-state.ts'
import { isDone, readStanding } from './intent.ts'
import type { Intent, Memo } from './intent.ts'
import { identityOf, readLogical } from './logical-function.ts'
import type { FunctionIdentity, LogicalFunction } from './logical-function.ts'
import { requirePath, requireReplaceable, requireSafe } from './plan-checks.ts'
import { provisionOf } from './provision.ts'
import type { Provision } from './provision.ts'
import type { ReplaceFunctionSpec } from './replace-function.ts'
import { refusedChanges, resolveSignature, sameInputs } from './signatures.ts'

/** What the plan found, for its effects and warnings. */
export interface Found {
  readonly intent: Intent
  readonly old: LogicalFunction
  readonly changes: readonly string[]
  readonly dependents: readonly Dependent[]
  readonly mentions: readonly string[]
  readonly isProvision: boolean
  readonly done: boolean
}

export async function planFunction(spec: ReplaceFunctionSpec, look: Look): Promise<StepPlan> {
  const file = await parseFunctionFile(spec.text, spec.options.file)
  const tenants = await tenantsOf(look)
  const found = await look.tables.read((q) => inspect(q, spec, file, tenants))
  const { memo } = found.intent
  return {
    summary: `replace function ${printFunction(found.old.state)} by ${spec.options.file}`,
    effects: effectsOf(found),
    shards: [
      ...(found.done ? [] : [{ phase: memo.phase, stage: 0, scope: { replace: spec.function }, estimate: 1 }]),
      ...(memo.provision === null
        ? []
        : [{ phase: 'cutover' as const, stage: 1, scope: { probe: true }, estimate: 1 }]),
    ],
    warnings: warningsOf(found),
    basis: {
      function: printFunction(found.old.state),
      hash: memo.hash,
      grants: memo.grants.map(({ grantee, grantable }) => `${grantee}${grantable ? '*' : ''}`),
      dependents: found.dependents.map(({ what, text }) => ({ what, text })),
      path: memo.path,
    },
    memo: { ...memo, old: { ...memo.old }, next: { ...memo.next } },
  }
}

/** Undefined where none are configured: a step on functions may do without. */
async function tenantsOf(look: Look): Promise<TenantsConfig | undefined> {
  try {
    return await tenantsIn(look)
  } catch (error) {
    if (isLockstepError(error) && error.code === 'LS-2203') return undefined
    throw error
  }
}

async function inspect(
  q: Queryable,
  spec: ReplaceFunctionSpec,
  file: FunctionFile,
  tenants: TenantsConfig | undefined,
): Promise<Found> {
  const signature = await resolveSignature(q, file, spec.options.file)
  const called = await findFunction(q, spec, file, signature)
  const old = (await readLogical(q, identityOf(called))) ?? { state: called, wrappers: [], inner: called }
  requireReplaceable(old.state)
  const isProvision = await isNamed(q, tenants?.provision, old.state)
  const next = { schema: file.schema ?? called.schema, name: file.name, inputs: signature.inputs }
  const changes = changesOf(old.state, next, signature)
  const intent = {
    spec,
    file,
    signature,
    memo: {
      path: changes.path,
      old: plain(identityOf(old.state)),
      next: plain(next),
      hash: hashOf(old.state),
      attributes: { ...old.state.attributes },
      grants: [...old.state.grants],
      callers: await callersOf(q, spec, old.state),
      phase: spec.options.phase ?? (isProvision ? 'expand' : 'cutover'),
      provision: isProvision ? trialOf(spec, tenants) : null,
    },
  }
  requireSafe(intent)
  const standing = await readStanding(q, intent.memo)
  const done = isDone(intent, standing)
  const dependents = await readDependents(q, old.state.oid)
  if (!done) requirePath({ intent, old, isProvision, dependents, standing: standing.next })
  const mentions = await readMentions(q, old.state)
  return { intent, old, changes: changes.words, dependents, mentions, isProvision, done }
}

function changesOf(
  old: FunctionState,
  next: FunctionIdentity,
  signature: Signature,
): { readonly path: Memo['path']; readonly words: readonly string[] } {
  const isSamePlace = next.schema === old.schema && next.name === old.name && sameInputs(old.signature, signature)
  if (!isSamePlace) return { path: 'beside', words: ['it gets another name or other arguments'] }
  const words = refusedChanges(old.signature, signature)
  return { path: words.length > 0 ? 'anew' : 'same', words }
}

async function callersOf(q: Queryable, { options }: ReplaceFunctionSpec, old: FunctionState): Promise<string[]> {
  const grants = options.execute === undefined ? old.grants : grantsFor(old, await quotedRoles(q, options.execute))
  return grants.map(({ grantee }) => grantee)
}

function trialOf({ options }: ReplaceFunctionSpec, tenants: TenantsConfig | undefined): Provision | null {
  if (tenants === undefined || options.allow?.['tenant-probe'] !== undefined) return null
  return provisionOf(tenants) ?? null
}

function plain({ schema, name, inputs }: FunctionIdentity): Memo['old'] {
  return { schema, name, inputs: [...inputs] }
}

/** The function the step names: the only one of its name, or the one with those argument types. */
async function findFunction(
  q: Queryable,
  spec: ReplaceFunctionSpec,
  file: FunctionFile,
  signature: Signature,
): Promise<FunctionState> {
  const named = parseFunctionName(spec.function)
  const overloads = await readOverloads(q, named)
  const [only] = overloads
  if (named.types === undefined) {
    if (only !== undefined && overloads.length === 1) return only
    throw only === undefined ? missing(spec) : several(spec, overloads)
  }
  const [row] = await q.query<{ oid: string | null }>('select pg_catalog.to_regprocedure($1)::oid::text as oid', [
    `${quoteIdentifier(named.schema)}.${quoteIdentifier(named.name)}(${named.types})`,
  ])
  const found = overloads.find(({ oid }) => oid === row?.oid)
  // Applied already, and the old signature gone with it.
  const next = (file.schema ?? named.schema) === named.schema && file.name === named.name
  const applied = next ? overloads.find((each) => sameInputs(each.signature, signature)) : undefined
  if (found === undefined && applied === undefined)
    throw overloads.length > 0 ? several(spec, overloads) : missing(spec)
  return found ?? applied ?? (only as FunctionState)
}

function missing(spec: ReplaceFunctionSpec): LockstepError {
  return new LockstepError('LS-2601', `function ${spec.function} does not exist`, {
    where: { name: spec.function },
    hint: 'write its name as it is stored, with its schema if that is not public',
  })
}

function several(spec: ReplaceFunctionSpec, overloads: readonly FunctionState[]): LockstepError {
  return new LockstepError('LS-2601', `${spec.function} is not the name of one function`, {
    where: { name: spec.function },
    hint: `name it with its argument types: ${overloads.map(printFunction).join(' or ')}`,
  })
}

async function isNamed(q: Queryable, provision: string | undefined, state: FunctionState): Promise<boolean> {
  if (provision === undefined) return false
  const { schema, name, types } = parseFunctionName(provision)
  const [row] = await q.query<{ oid: string | null }>('select pg_catalog.to_regprocedure($1)::oid::text as oid', [
    `${quoteIdentifier(schema)}.${quoteIdentifier(name)}(${types ?? ''})`,
  ])
  return row?.oid === state.oid
}

async function quotedRoles(q: Queryable, roles: readonly string[]): Promise<readonly string[]> {
  const rows = await q.query<{ name: string; quoted: string }>(
    'select rolname as name, pg_catalog.quote_ident(rolname) as quoted from pg_catalog.pg_roles where rolname = any($1::text[])',
    [roles],
  )
  const known = new Map([['public', 'public'], ...rows.map(({ name, quoted }) => [name, quoted] as const)])
  return roles.map((role) => {
    const quoted = known.get(role)
    if (quoted !== undefined) return quoted
    throw new LockstepError('LS-2601', `execute names ${role}, and there is no such role`, {
      where: { name: role },
      hint: 'write roles as they are stored, or public for everyone',
    })
  })
}
