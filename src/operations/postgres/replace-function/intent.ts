import { z } from 'zod'
import type { Json } from '../../../kernel/canonical-json.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { settingName } from './function-attributes.ts'
import { parseFunctionFile } from './function-file.ts'
import type { FunctionFile } from './function-file.ts'
import { attributesForm, grantForm, hashOf } from './function-state.ts'
import type { Attributes, FunctionState, Signature } from './function-state.ts'
import { readLogical } from './logical-function.ts'
import type { LogicalFunction } from './logical-function.ts'
import { provisionForm } from './provision.ts'
import type { ReplaceFunctionSpec } from './replace-function.ts'
import { resolveSignature, sameSignature } from './signatures.ts'

const identityForm = z.object({ schema: z.string(), name: z.string(), inputs: z.array(z.string()) })

const memoForm = z.object({
  /** CREATE OR REPLACE; dropped and made anew, of the same name and inputs; or a second one that outlives the first. */
  path: z.enum(['same', 'anew', 'beside']),
  old: identityForm,
  next: identityForm,
  /** Of the function as it was planned on. */
  hash: z.string(),
  attributes: attributesForm,
  grants: z.array(grantForm),
  /** Quoted roles that may call it afterwards, the owner among them. */
  callers: z.array(z.string()),
  /** The phase in which it changes. */
  phase: z.enum(['expand', 'cutover']),
  /** Where it makes the tables of new tenants, and may be tried. */
  provision: provisionForm.nullable(),
})
export type Memo = z.infer<typeof memoForm>

export function parseMemo(memo: Json): Memo {
  return memoForm.parse(memo)
}

/** What the step wants, as of now. */
export interface Intent {
  readonly spec: ReplaceFunctionSpec
  readonly memo: Memo
  readonly file: FunctionFile
  readonly signature: Signature
}

export async function readIntent(q: Queryable, spec: ReplaceFunctionSpec, memo: Json): Promise<Intent> {
  const file = await parseFunctionFile(spec.text, spec.options.file)
  const signature = await resolveSignature(q, file, spec.options.file)
  return { spec, memo: parseMemo(memo), file, signature }
}

/** The functions that the step is about, as they are now. */
export interface Standing {
  readonly old: LogicalFunction | undefined
  /** The same as `old` unless the new one stands beside it. */
  readonly next: LogicalFunction | undefined
}

export async function readStanding(q: Queryable, { old, next, path }: Memo): Promise<Standing> {
  const first = await readLogical(q, old)
  return { old: first, next: path === 'beside' ? await readLogical(q, next) : first }
}

/** True where nothing is left to do before the contract phase. */
export function isDone(intent: Intent, { old, next }: Standing): boolean {
  if (next === undefined || differences(intent, next.state).length > 0) return false
  const { path, callers, hash } = intent.memo
  // The catalog keeps no text of a parsed body: only that it is another than when this was planned.
  if (intent.file.body === undefined && path === 'same' && hashOf(next.state) === hash) return false
  if (grantees(next.state).join() !== [...callers].sort().join()) return false
  return path !== 'beside' || isOldAsWanted(intent, old?.state)
}

export function grantees({ grants }: Pick<FunctionState, 'grants'>): readonly string[] {
  return [...new Set(grants.map((grant) => grant.grantee))].sort()
}

export function keepsOld({ options }: ReplaceFunctionSpec): boolean {
  return options.keepOld === true || options.shim !== undefined
}

/** Whether the old signature is as it shall be until `complete`. */
export function isOldAsWanted({ spec, memo }: Intent, old: FunctionState | undefined): boolean {
  if (!keepsOld(spec)) return old === undefined
  if (old === undefined) return false
  return spec.options.shim === undefined ? hashOf(old) === memo.hash : isShim(spec, old)
}

function isShim({ options }: ReplaceFunctionSpec, old: FunctionState): boolean {
  return old.language === 'sql' && old.body.trim() === options.shim
}

/** In what a function is not as the file and the plan want it, in words. */
export function differences({ file, signature, memo }: Intent, state: FunctionState): readonly string[] {
  const wrong: string[] = []
  if (!sameSignature(state.signature, signature)) wrong.push('has another signature')
  if (state.language !== file.language) wrong.push(`is written in ${state.language}`)
  if (file.body === undefined ? !state.atomic : state.body !== file.body) wrong.push('has another body')
  return [
    ...wrong,
    ...attributeDifferences(state, memo.attributes, file.stated),
    ...settingDifferences(state.attributes, memo.attributes, file.stated.settings),
  ]
}

/** Cost goes with the language and rows with a set, so that they are compared only where the file states them. */
function attributeDifferences(
  { attributes }: FunctionState,
  before: Attributes,
  stated: FunctionFile['stated'],
): readonly string[] {
  const kept = { ...before, cost: undefined, rows: undefined }
  const keys = ['definer', 'volatility', 'strict', 'leakproof', 'parallel', 'cost', 'rows'] as const
  return keys.flatMap((key) => {
    const wanted = stated[key] ?? kept[key]
    if (wanted === undefined || attributes[key] === wanted) return []
    return [`has another ${key === 'definer' ? 'security' : key}: ${String(attributes[key])}`]
  })
}

function settingDifferences(
  now: Attributes,
  before: Attributes,
  stated: FunctionFile['stated']['settings'],
): readonly string[] {
  const has = new Map(now.settings.map((setting) => [settingName(setting), valueOf(setting)]))
  const kept = before.settings.filter((setting) => !stated.has(settingName(setting)))
  const wanted = new Map<string, string | undefined>([
    ...kept.map((setting) => [settingName(setting), valueOf(setting)] as const),
    ...[...stated].map(([name, value]) => [name, value?.replaceAll(/["\s]/g, '')] as const),
  ])
  const missing = [...wanted].filter(
    ([name, value]) => !has.has(name) || (value !== undefined && has.get(name) !== value),
  )
  const added = [...has.keys()].filter((name) => !wanted.has(name))
  return [
    ...missing.map(([name]) => `has another setting of ${name}`),
    ...added.map((name) => `sets ${name}, which nobody asked for`),
  ]
}

/** Without quotes and blanks: the catalog quotes the names of a search path, a file may not. */
function valueOf(setting: string): string {
  return setting.slice(setting.indexOf('=') + 1).replaceAll(/["\s]/g, '')
}
