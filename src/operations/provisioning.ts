import { z } from 'zod'
import { md5 } from '../kernel/checksum.ts'
import { LockstepError } from '../kernel/errors.ts'
import { derivedName, quoteIdentifier, quoteLiteral } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { parseTemplate } from '../tenants/tenants-config.ts'
import type { TenantsConfig } from '../tenants/tenants-config.ts'
import { lockFunction } from './function-lock.ts'
import type { PreImage } from './operation.ts'
import { chainOf, nameIn, qualified, readFunction } from './provisioning-function.ts'
import type { FunctionRow } from './provisioning-function.ts'

/**
 * The app's provisioning function, extended so that new tenants are born in the new shape: the original moves to a
 * name of its own, and a function under the old name (same identity, owner, grants and attributes) calls it and then
 * alters the new table. `down` puts the exact definition back.
 */
export const provisionScope = z.object({
  provision: z.object({
    /** e.g. `create_user_table(text)` */
    signature: z.string(),
    schema: z.string(),
    prefix: z.string(),
    suffix: z.string(),
    key: z.enum(['md5', 'plain']),
  }),
})
export type ProvisionScope = z.infer<typeof provisionScope>

/** What to run for a new tenant's table, when it lacks something. */
export interface Extension {
  /** Eight hex digits that name this change: two different ones can be stacked. */
  readonly tag: string
  /** For people: `column language`. */
  readonly what: string
  /** SQL that is true where the table, whose oid is `lockstep_oid`, is still to be changed. */
  readonly lacks: string
  /** True where it makes the table: it is run also where there is none. */
  readonly makes?: boolean
  /** SQL expressions that give the statements to execute; `lockstep_schema`, `lockstep_table`, `lockstep_key` are text variables. */
  readonly statements: readonly string[]
}

/** Undefined where the configuration names no provisioning function. */
export function scopeOfProvision(config: TenantsConfig, template: string): ProvisionScope | undefined {
  if (config.provision === undefined) return undefined
  const { schema, prefix, suffix } = parseTemplate(config, template)
  return { provision: { signature: config.provision, schema, prefix, suffix, key: config.key } }
}

/** The definition as it is now, hashed: part of what a plan stands on. Throws LS-2204 where it cannot be extended. */
export async function inspectProvision(q: Queryable, signature: string): Promise<{ readonly hash: string }> {
  const found = await readFunction(q, qualified(signature))
  if (found === undefined)
    throw refuse(signature, 'it does not exist', 'correct tenants.provision in lockstep.config.ts')
  if (!found.simple || found.argument_count < 1) {
    throw refuse(signature, 'it is not a plain plpgsql or SQL function with a single result', 'wrap it in one that is')
  }
  return { hash: md5(found.definition) }
}

/** Whether this extension stands before the function, those of other steps before it or not. */
export async function isExtended(q: Queryable, signature: string, tag: string): Promise<boolean> {
  return (await chainOf(q, qualified(signature))).some(({ body }) => body.includes(marker(tag)))
}

/** Whether the way back has something to do: the extension stands there, or a copy made for it does. */
export async function isTouched(q: Queryable, signature: string, tag: string): Promise<boolean> {
  return (await isExtended(q, signature, tag)) || (await copiesOf(q, signature, tag)).length > 0
}

/** Names of the copies that extensions of this tag made: more than one where the app deployed its function anew. */
async function copiesOf(q: Queryable, signature: string, tag: string): Promise<readonly string[]> {
  const { schema, name } = nameIn(signature)
  const names = Array.from({ length: mostCopies }, (_, n) => copyName(name, tag, n))
  const rows = await q.query<{ name: string }>(
    `select p.proname as name from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname = $1 and p.proname = any($2::text[])`,
    [schema, names],
  )
  return rows.map((row) => row.name)
}

/** Deployments of the function during one run that are taken along; each leaves a copy until `down`. */
const mostCopies = 100

function copyName(name: string, tag: string, n: number): string {
  return derivedName(name, tag, n === 0 ? 'before' : `before_${n + 1}`)
}

/** Puts the extension in front of the function; nothing when it stands there. In one transaction of the caller. */
export async function extendProvision(
  q: Queryable,
  scope: ProvisionScope,
  extension: Extension,
): Promise<readonly PreImage[]> {
  const { signature } = scope.provision
  await lockFunction(q, nameIn(signature))
  const found = await readFunction(q, qualified(signature))
  if (found === undefined)
    throw refuse(signature, 'it does not exist', 'correct tenants.provision in lockstep.config.ts')
  if (await isExtended(q, signature, extension.tag)) return []
  const taken = new Set(await copiesOf(q, signature, extension.tag))
  const kept = Array.from({ length: mostCopies }, (_, n) => copyName(found.name, extension.tag, n)).find(
    (name) => !taken.has(name),
  )
  if (kept === undefined)
    throw refuse(
      signature,
      'it was replaced too often during this run',
      `drop the functions named ${copyName(found.name, extension.tag, 0)}…`,
    )
  const wrapper = wrapperDefinition(found, kept, scope, extension)
  await q.script([...copyStatements(found, kept), wrapper].join(';\n'))
  const after = await readFunction(q, qualified(signature))
  return [
    {
      name: signature,
      before: { definition: found.definition },
      after: {
        definition: after?.definition ?? '',
        kept: `${quoteIdentifier(found.schema)}.${quoteIdentifier(kept)}(${found.arguments})`,
      },
    },
  ]
}

/** Both definitions hold a call of the copy, so the copy is made first, with the caller's rights where it needs them. */
function copyStatements(found: FunctionRow, kept: string): readonly string[] {
  const copy = `${quoteIdentifier(found.schema)}.${quoteIdentifier(kept)}`
  const head = `CREATE OR REPLACE FUNCTION ${found.quoted}(`
  if (!found.definition.startsWith(head)) throw refuse(found.name, 'its definition has an unknown form', 'report this')
  const target = `function ${copy}(${found.arguments})`
  const grantees = found.definer ? [] : (found.grantees ?? [])
  return [
    `CREATE FUNCTION ${copy}(${found.definition.slice(head.length)}`,
    `alter ${target} owner to ${found.owner}`,
    revokeAll(copy, found.arguments),
    ...grantees.map((grantee) => `grant execute on ${target} to ${grantee}`),
  ]
}

/** Default privileges may have granted the copy to anyone; take everything back from all but the owner. */
function revokeAll(copy: string, args: string): string {
  return `do $lockstep$
declare r text;
begin
  for r in select case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end
           from pg_catalog.pg_proc p
           cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) x
           left join pg_catalog.pg_roles g on g.oid = x.grantee
           where p.oid = ${quoteLiteral(`${copy}(${args})`)}::pg_catalog.regprocedure and x.grantee <> p.proowner
  loop
    execute pg_catalog.format('revoke all on function %s from %s', ${quoteLiteral(`${copy}(${args})`)}, r);
  end loop;
end
$lockstep$`
}

function wrapperDefinition(
  found: FunctionRow,
  kept: string,
  { provision }: ProvisionScope,
  extension: Extension,
): string {
  const header = found.definition.slice(0, found.definition.lastIndexOf(found.body)).replace(/AS \$\w*\$$/, '')
  const call = `${quoteIdentifier(found.schema)}.${quoteIdentifier(kept)}(${positions(found.argument_count)})`
  const isVoid = found.returns === 'void'
  const key = provision.key === 'md5' ? 'pg_catalog.md5($1::text)' : '$1::text'
  const body = `
-- ${marker(extension.tag)}: new tenants get ${extension.what}; the function as it was is called below
declare
  lockstep_schema text := ${quoteLiteral(provision.schema)};
  lockstep_key text := ${key};
  lockstep_table text := ${quoteLiteral(provision.prefix)} || lockstep_key || ${quoteLiteral(provision.suffix)};
  lockstep_oid oid;
${isVoid ? '' : `  lockstep_result ${found.returns};\n`}begin
  ${isVoid ? `perform ${call}` : `lockstep_result := ${call}`};
  lockstep_oid := pg_catalog.to_regclass(pg_catalog.format('%I.%I', lockstep_schema, lockstep_table));
  if ${extension.makes === true ? '' : 'lockstep_oid is not null and '}(${extension.lacks}) then
${extension.statements.map((statement) => `    execute ${statement};\n`).join('')}  end if;
  return${isVoid ? '' : ' lockstep_result'};
end
`
  return `${header.replace(/^ LANGUAGE \S+/m, ' LANGUAGE plpgsql')}AS ${quoteBody(body)}`
}

function positions(count: number): string {
  return Array.from({ length: count }, (_, n) => `$${n + 1}`).join(', ')
}

function quoteBody(body: string): string {
  let tag = '$lockstep$'
  while (body.includes(tag)) tag = tag.replace(/\$$/, '_$')
  return tag + body + tag
}

function marker(tag: string): string {
  return `lockstep ${tag}`
}

function refuse(signature: string, why: string, hint: string): LockstepError {
  return new LockstepError('LS-2204', `provisioning function ${signature} cannot be extended: ${why}`, {
    where: { name: 'tenants.provision' },
    hint,
  })
}
