import { quoteLiteral } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Stated } from './function-file.ts'
import { targetOf } from './function-state.ts'
import type { Attributes, FunctionState, Grant } from './function-state.ts'

/** What CREATE OR REPLACE sets back to its default wherever the statement does not name it. */
const simple = ['definer', 'volatility', 'strict', 'leakproof', 'parallel', 'cost', 'rows', 'support'] as const

export function settingName(setting: string): string {
  return setting.slice(0, setting.indexOf('=')).toLowerCase()
}

/** The attributes of `made`, but those of `old` wherever the file states none. */
export function wantedAttributes(old: FunctionState, made: FunctionState, stated: Stated): Attributes {
  const given: Record<string, unknown> = {}
  for (const key of simple) given[key] = (keeps(key, old, made, stated) ? old : made).attributes[key]
  const made_ = made.attributes.settings
  const has = new Set(made_.map(settingName))
  const kept = old.attributes.settings.filter((setting) => !has.has(settingName(setting)))
  return { ...made.attributes, ...given, settings: [...made_, ...kept] }
}

/** Rows belong to sets, and procedures have only rights and settings. */
function keeps(key: (typeof simple)[number], old: FunctionState, made: FunctionState, stated: Stated): boolean {
  if (stated[key] !== undefined) return false
  if (key === 'definer') return true
  if (made.signature.kind !== 'function' || old.signature.kind !== 'function') return false
  if (key === 'rows') return made.signature.set && old.signature.set
  if (key === 'cost') return made.language === old.language
  return key !== 'support' || old.attributes.support !== null
}

/** Alters what differs, and nothing else. */
export async function setAttributes(q: Queryable, made: FunctionState, wanted: Attributes): Promise<void> {
  const clauses = simple.flatMap((key) => (made.attributes[key] === wanted[key] ? [] : clauseOf(key, wanted)))
  const target = targetOf(made)
  if (clauses.length > 0) await q.script(`alter ${target} ${clauses.join(' ')}`)
  await setSettings(q, made, wanted.settings)
}

function clauseOf(key: (typeof simple)[number], wanted: Attributes): readonly string[] {
  switch (key) {
    case 'definer':
      return [wanted.definer ? 'security definer' : 'security invoker']
    case 'volatility':
      return [wanted.volatility]
    case 'strict':
      return [wanted.strict ? 'strict' : 'called on null input']
    case 'leakproof':
      return [wanted.leakproof ? 'leakproof' : 'not leakproof']
    case 'parallel':
      return [`parallel ${wanted.parallel}`]
    case 'cost':
      return [`cost ${wanted.cost}`]
    case 'rows':
      return [`rows ${wanted.rows}`]
    case 'support':
      return wanted.support === null ? [] : [`support ${wanted.support}`]
  }
}

/** Values go through the session, because the catalog keeps them in a form that SET does not read. */
async function setSettings(q: Queryable, made: FunctionState, wanted: readonly string[]): Promise<void> {
  if (made.attributes.settings.join('\0') === wanted.join('\0')) return
  const target = targetOf(made)
  const statements = [`alter ${target} reset all`]
  for (const setting of wanted) {
    const name = setting.slice(0, setting.indexOf('='))
    const quoted = name
      .split('.')
      .map((part) => `"${part}"`)
      .join('.')
    const value = quoteLiteral(setting.slice(name.length + 1))
    statements.push(
      `select pg_catalog.set_config('lockstep.before', pg_catalog.current_setting(${quoteLiteral(name)}, true), true)`,
      `select pg_catalog.set_config(${quoteLiteral(name)}, ${value}, true)`,
      `alter ${target} set ${quoted} from current`,
      `select pg_catalog.set_config(${quoteLiteral(name)}, pg_catalog.current_setting('lockstep.before', true), true)`,
    )
  }
  await q.script(statements.join(';\n'))
}

/** Gives exactly these grants, in this order, by revoking and granting; nothing where they are there already. */
export async function setGrants(q: Queryable, state: FunctionState, wanted: readonly Grant[]): Promise<void> {
  if (sameGrants(state.grants, wanted)) return
  const target = targetOf(state)
  await q.script(
    [
      ...[...new Set(state.grants.map((grant) => grant.grantee))].map(
        (grantee) => `revoke all on ${target} from ${grantee} cascade`,
      ),
      ...wanted.map(
        ({ grantee, grantable }) => `grant execute on ${target} to ${grantee}${grantable ? ' with grant option' : ''}`,
      ),
    ].join(';\n'),
  )
}

export function sameGrants(a: readonly Grant[], b: readonly Grant[]): boolean {
  const text = (grants: readonly Grant[]): string =>
    grants.map(({ grantee, grantor, grantable }) => `${grantee}/${grantor}/${grantable}`).join(' ')
  return text(a) === text(b)
}

/** Owner, grants, comment and extensions as `like` has them: what belongs to the place and not to the text. */
export async function setSurroundings(
  q: Queryable,
  made: FunctionState,
  like: Pick<FunctionState, 'owner' | 'grants' | 'comment' | 'extensions'>,
): Promise<void> {
  const target = targetOf(made)
  const statements: string[] = []
  if (made.owner !== like.owner) statements.push(`alter ${target} owner to ${like.owner}`)
  if (made.comment !== like.comment)
    statements.push(`comment on ${target} is ${like.comment === null ? 'null' : quoteLiteral(like.comment)}`)
  for (const name of like.extensions)
    if (!made.extensions.includes(name)) statements.push(`alter ${target} depends on extension ${name}`)
  if (statements.length > 0) await q.script(statements.join(';\n'))
}

/** Who may execute when the step says so: the owner, and these roles (quoted); those that are there keep their grant. */
export function grantsFor(state: FunctionState, roles: readonly string[]): readonly Grant[] {
  const wanted = new Set(roles)
  const kept = state.grants.filter((grant) => grant.grantee === state.owner || wanted.has(grant.grantee))
  const has = new Set(kept.map((grant) => grant.grantee))
  const added = [...wanted].filter((grantee) => !has.has(grantee) && grantee !== state.owner)
  return [...kept, ...added.map((grantee) => ({ grantee, grantor: state.owner, grantable: false }))]
}
