import { LockstepError } from '../../../kernel/errors.ts'
import { requireMovable } from './dependents.ts'
import type { Dependent } from './dependents.ts'
import { settingName } from './function-attributes.ts'
import { printFunction } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
import { differences, keepsOld } from './intent.ts'
import type { Intent } from './intent.ts'
import type { LogicalFunction } from './logical-function.ts'

/** Throws LS-2601 for what is no plain function of the app. */
export function requireReplaceable(state: FunctionState): void {
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

/** A definer's names are looked up on the caller's path unless it pins its own: whoever calls it can put theirs before. */
export function requireSafe({ spec, memo, file }: Intent): void {
  const definer = file.stated.definer ?? memo.attributes.definer
  const pinned =
    file.stated.settings.has('search_path') || memo.attributes.settings.map(settingName).includes('search_path')
  if (!definer || pinned || spec.options.allow?.['open-search-path'] !== undefined) return
  throw new LockstepError('LS-2603', `${spec.function} would run as its owner with the caller's search_path`, {
    where: { name: spec.options.file },
    why: 'whoever calls it can have its names mean tables and functions of their own',
    hint: "write SET search_path = '' before AS and name schemas in the body, or allow: { 'open-search-path': 'why' }",
  })
}

export interface PathFacts {
  readonly intent: Intent
  readonly old: LogicalFunction
  readonly isProvision: boolean
  readonly dependents: readonly Dependent[]
  /** What has the new name and arguments by now. */
  readonly standing: LogicalFunction | undefined
}

/** Throws what makes a change of signature impossible (LS-2601, LS-2604); a change of text alone always is possible. */
export function requirePath(facts: PathFacts): void {
  const { state } = facts.old
  const reason = (facts.intent.memo.path === 'same' ? textReasons : signatureReasons)(facts).find(([holds]) => holds)
  if (reason !== undefined) {
    const [, why, hint] = reason
    const name = printFunction(state)
    throw new LockstepError('LS-2601', `${name} cannot be replaced: ${why}`, { where: { name }, hint })
  }
  if (facts.intent.memo.path !== 'same') requireMovable(state, facts.dependents)
}

/** Whether it holds, why that is in the way, and what to do. */
type Reason = readonly [boolean, string, string]

function textReasons({ intent }: PathFacts): readonly Reason[] {
  const why = 'its signature does not change, so there is no old one to keep'
  return [[keepsOld(intent.spec), why, 'take keepOld or shim out']]
}

function signatureReasons(facts: PathFacts): readonly Reason[] {
  const { intent, old, isProvision, dependents } = facts
  const { spec, memo } = intent
  const renamed = memo.old.schema !== memo.next.schema || memo.old.name !== memo.next.name
  return [
    [
      keepsOld(spec) && memo.path === 'anew',
      'the old and the new one have the same name and argument types, so they cannot stand side by side',
      'give the new one another name or another order of arguments, or take keepOld or shim out',
    ],
    [
      renamed && !keepsOld(spec),
      `${spec.options.file} makes ${memo.next.name}, which is another name`,
      'correct the name, or keep the old one until complete with keepOld: true or a shim',
    ],
    [
      renamed && dependents.length > 0,
      `${dependents.map(({ what }) => what).join(', ')} call it by its old name`,
      'keep the name',
    ],
    [
      isProvision && memo.path === 'beside',
      'tenants.provision names it with these arguments',
      'keep its name and argument types',
    ],
    [
      old.wrappers.length > 0,
      'another migration has wrapped it for new tenants',
      'keep its signature until the wrapper is folded in',
    ],
    [isTaken(facts), 'there is one of the new signature already', 'name that one, or drop it before'],
    [
      spec.options.shim !== undefined && (old.state.atomic || !['sql', 'plpgsql'].includes(old.state.language)),
      'a shim can stand in only for plpgsql, or for SQL in quotes',
      'take keepOld: true',
    ],
    [
      old.state.grants.some(({ grantor }) => grantor !== old.state.owner),
      'some of its grants were given by others than its owner',
      'have the owner grant them, then plan again',
    ],
  ]
}

/** Applied before, it is there already, and the old one as it shall be beside it. */
function isTaken({ intent, standing }: PathFacts): boolean {
  if (intent.memo.path !== 'beside' || standing === undefined) return false
  return !keepsOld(intent.spec) || differences(intent, standing.state).length > 0
}
