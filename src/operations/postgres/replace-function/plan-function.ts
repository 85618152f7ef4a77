import { LockstepError, isLockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TenantsConfig } from '../../../tenants/tenants-config.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { readDependents, readMentions, requireMovable } from './dependents.ts'
import type { Dependent } from './dependents.ts'
import { grantsFor, settingName } from './function-attributes.ts'
import { effectsOf, warningsOf } from './function-effects.ts'
import { parseFunctionFile, parseFunctionName } from './function-file.ts'
import type { FunctionFile } from './function-file.ts'
import { hashOf, printFunction, readOverloads } from './function-state.ts'
import type { FunctionState, Signature } from './function-state.ts'
import { differences, isDone, keepsOld, readStanding } from './intent.ts'
import type { Intent, Memo } from './intent.ts'
import { identityOf, readLogical } from './logical-function.ts'
import type { LogicalFunction } from './logical-function.ts'
import { probeScopeOf } from './probe-scope.ts'
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
  const probe = found.isProvision && tenants !== undefined ? probeScopeOf(tenants) : undefined
  const probes = probe === undefined || spec.options.allow?.['tenant-probe'] !== undefined ? [] : [probe]
  return {
    summary: `replace function ${printFunction(found.old.state)} by ${spec.options.file}`,
    effects: effectsOf(found),
    shards: [
      ...(found.done ? [] : [{ phase: memo.phase, stage: 0, scope: { replace: spec.function }, estimate: 1 }]),
      ...probes.map((scope) => ({ phase: 'cutover' as const, stage: 1, scope, estimate: 1 })),
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
    return (await look.fleet()).config
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
  const next = { schema: file.schema ?? old.state.schema, name: file.name }
  const beside = next.schema !== old.state.schema || next.name !== old.state.name || !sameInputs(old.state.signature, signature)
  const changes = beside ? ['it gets another name or other arguments'] : refusedChanges(old.state.signature, signature)
  const memo: Memo = {
    path: beside ? 'beside' : changes.length > 0 ? 'anew' : 'same',
    old: copyOf(identityOf(old.state)),
    next: { ...next, inputs: [...signature.inputs] },
    hash: hashOf(old.state),
    attributes: { ...old.state.attributes },
    grants: [...old.state.grants],
    callers: (spec.options.execute === undefined
      ? old.state.grants
      : grantsFor(old.state, await quotedRoles(q, spec.options.execute))
    ).map(({ grantee }) => grantee),
    phase: spec.options.phase ?? (isProvision ? 'expand' : 'cutover'),
  }
  const intent = { spec, memo, file, signature }
  requireSafe(intent)
  const standing = await readStanding(q, memo)
  const done = isDone(intent, standing)
  const dependents = await readDependents(q, old.state.oid)
  if (!done) requirePath({ intent, old, isProvision, dependents, standing: standing.next })
  return { intent, old, changes, dependents, mentions: await readMentions(q, old.state), isProvision, done }
}

function copyOf({ schema, name, inputs }: { schema: string; name: string; inputs: readonly string[] }): Memo['old'] {
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
  if (found === undefined && applied === undefined) throw overloads.length > 0 ? several(spec, overloads) : missing(spec)
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

function requireReplaceable(state: FunctionState): void {
  const why =
    state.signature.kind === 'other'
      ? 'it is an aggregate or a window function'
      : state.partOf !== null
        ? `it is part of the extension ${state.partOf}`
        : state.odd
          ? 'it has transforms'
          : undefined
  if (why === undefined) return
  throw new LockstepError('LS-2601', `${printFunction(state)} cannot be replaced: ${why}`, {
    where: { name: printFunction(state) },
    hint: 'this step replaces plain functions and procedures of your own',
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

/** A definer's names are looked up on the caller's path unless it pins its own: whoever calls it can put theirs before. */
function requireSafe({ spec, memo, file }: Intent): void {
  const definer = file.stated.definer ?? memo.attributes.definer
  const pinned = file.stated.settings.has('search_path') || memo.attributes.settings.map(settingName).includes('search_path')
  if (!definer || pinned || spec.options.allow?.['open-search-path'] !== undefined) return
  throw new LockstepError('LS-2603', `${spec.function} would run as its owner with the caller's search_path`, {
    where: { name: spec.options.file },
    why: 'whoever calls it can have its names mean tables and functions of their own',
    hint: "write SET search_path = '' before AS and name schemas in the body, or allow: { 'open-search-path': 'why' }",
  })
}

interface PathFacts {
  readonly intent: Intent
  readonly old: LogicalFunction
  readonly isProvision: boolean
  readonly dependents: readonly Dependent[]
  readonly standing: LogicalFunction | undefined
}

/** Throws what makes a change of signature impossible; a change of text alone is always possible. */
function requirePath({ intent, old, isProvision, dependents, standing }: PathFacts): void {
  const { spec, memo } = intent
  const name = printFunction(old.state)
  const refuse = (why: string, hint: string): never => {
    throw new LockstepError('LS-2601', `${name} cannot be replaced: ${why}`, { where: { name }, hint })
  }
  const renamed = memo.old.schema !== memo.next.schema || memo.old.name !== memo.next.name
  if (memo.path === 'same') {
    if (keepsOld(spec)) refuse('its signature does not change, so there is no old one to keep', 'take keepOld or shim out')
    return
  }
  if (keepsOld(spec) && memo.path === 'anew')
    refuse(
      'the old and the new one have the same name and argument types, so they cannot stand side by side',
      'give the new one another name or another order of arguments, or take keepOld or shim out',
    )
  if (renamed && !keepsOld(spec))
    refuse(
      `${spec.options.file} makes ${memo.next.name}, which is another name`,
      'correct the name, or keep the old one until complete with keepOld: true or a shim',
    )
  if (renamed && dependents.length > 0)
    refuse(`${dependents.map(({ what }) => what).join(', ')} call it by its old name`, 'keep the name')
  if (isProvision && memo.path === 'beside')
    refuse('tenants.provision names it with these arguments', 'keep its name and argument types')
  if (old.wrappers.length > 0)
    refuse('another migration has wrapped it for new tenants', 'keep its signature until the wrapper is folded in')
  if (memo.path === 'beside' && standing !== undefined && !(keepsOld(spec) && differences(intent, standing.state).length === 0))
    refuse('there is one of the new signature already', 'name that one, or drop it before')
  if (spec.options.shim !== undefined && (old.state.atomic || !['sql', 'plpgsql'].includes(old.state.language)))
    refuse('a shim can stand in only for plpgsql, or for SQL in quotes', 'take keepOld: true')
  if (old.state.grants.some(({ grantor }) => grantor !== old.state.owner))
    refuse('some of its grants were given by others than its owner', 'have the owner grant them, then plan again')
  requireMovable(old.state, dependents)
}
