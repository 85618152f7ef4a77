import { LockstepError } from '../../../kernel/errors.ts'
import { quoteTable } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { lockFunction } from '../../function-lock.ts'
import type { Checkpoint, PreImage, TableHands, Work } from '../../operation.ts'
import { checkFunction } from './check-function.ts'
import {
  grantsFor,
  sameGrants,
  setAttributes,
  setGrants,
  settingName,
  wantedAttributes,
} from './function-attributes.ts'
import { hashOf, printFunction } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
import { imageOf, isChange } from './function-image.ts'
import { isDone, isOldAsWanted, keepsOld, readIntent, readStanding } from './intent.ts'
import type { Intent, Standing } from './intent.ts'
import { readLogical, reread, writeText } from './logical-function.ts'
import type { LogicalFunction } from './logical-function.ts'
import { probeTenant } from './probe-tenant.ts'
import { probeScope } from './provision.ts'
import type { ReplaceFunctionSpec } from './replace-function.ts'
import { shimDefinition } from './shim.ts'
import { dress, drop, swap } from './swap-function.ts'

/** Expand or cutover: the function. Cutover: a tenant made on trial. Contract: the old signature goes. */
export async function* applyFunction(work: Work<ReplaceFunctionSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { spec, memo, phase } = work
  const probe = probeScope.safeParse(work.scope)
  const told: string[] = []
  const tell = (...messages: readonly string[]): number => told.push(...messages)
  const change = async (q: Queryable): Promise<readonly PreImage[]> => {
    told.length = 0
    const intent = await readIntent(q, spec, memo)
    if (probe.success) {
      await tryTenant(q, intent, tell)
      return []
    }
    await lockFunction(q, intent.memo.old)
    const standing = await readStanding(q, intent.memo)
    return phase === 'contract' ? dropOld(q, intent, standing, tell) : replace(q, intent, standing, tell)
  }
  yield await hands.change({ names: [spec.function], cursor: 'done', work: change })
  for (const message of told) hands.warn(message)
}

type Tell = (...messages: readonly string[]) => void

/** At the end, when every tenant's table has its new shape. */
async function tryTenant(q: Queryable, { spec, memo }: Intent, tell: Tell): Promise<void> {
  if (memo.provision === null) return
  const { missing, differing } = await probeTenant(q, memo.provision)
  if (spec.options.allow?.['tenant-shape'] !== undefined) tell(...differing)
  requireShape(spec, spec.options.allow?.['tenant-shape'] === undefined ? [...missing, ...differing] : missing)
}

function requireShape({ options, function: name }: ReplaceFunctionSpec, problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new LockstepError('LS-2605', `${name} makes tenants of another shape: ${problems.join('; ')}`, {
    where: { name: options.file },
    why: 'a tenant was made on trial and taken back; nothing was switched',
    hint: "mend the file or migrate the tables, or allow: { 'tenant-shape': 'why' }",
  })
}

async function replace(q: Queryable, intent: Intent, standing: Standing, tell: Tell): Promise<readonly PreImage[]> {
  if (isDone(intent, standing)) return []
  const old = requireUnchanged(intent, standing)
  await q.script('set local check_function_bodies = on')
  const made =
    intent.memo.path === 'same' ? await replaceText(q, intent, old) : await replaceSignature(q, intent, old, standing)
  tell(...(await checkFunction(q, made, intent.spec)))
  // Tables are altered later; whether sign-ups work at all shows now.
  if (intent.memo.provision !== null) requireShape(intent.spec, (await probeTenant(q, intent.memo.provision)).missing)
  const image = await imageOf(q, intent, { old: old.state, next: undefined })
  return isChange(image) ? [image] : []
}

/** Someone who replaced it since the plan had a reason: theirs is not overwritten. */
function requireUnchanged({ memo, spec }: Intent, { old }: Standing): LogicalFunction {
  const wanted = old !== undefined && (hashOf(old.state) === memo.hash || spec.options.shim === old.state.body.trim())
  if (wanted) return old
  throw new LockstepError('LS-2606', `${spec.function} is not what it was when this was planned`, {
    where: { name: spec.function },
    why: old === undefined ? 'it is gone' : 'its text or its attributes are others; nothing has been changed',
    hint: 'lockstep down, then plan again on what it is now',
  })
}

/** What the server says of the file's own statement is LS-2605; locks and rights are another matter. */
async function asFile<T>({ spec, file }: Intent, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!/^(42(?!501)|22|0A)/.test(sqlState(cause) ?? '')) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new LockstepError('LS-2605', `${file.name} does not work: ${message}`, {
      where: { name: spec.options.file },
      why: 'the server checked it as it was made; nothing has been changed',
      hint: 'mend the file, then run up again',
      cause,
    })
  }
}

/** CREATE OR REPLACE, under whose name the text is, and every attribute that the file leaves out as it was. */
async function replaceText(q: Queryable, intent: Intent, old: LogicalFunction): Promise<FunctionState> {
  const { file } = intent
  await asFile(intent, () =>
    writeText(
      q,
      old,
      (quoted) => `create or replace ${file.kind} ${quoted}${file.rest}`,
      (made) => setAttributes(q, made, wantedAttributes(old.inner, made, file.stated)),
    ),
  )
  const [called = old.inner] = old.wrappers
  await limitCallers(q, intent, called)
  const now = await reread(q, old.inner)
  requireKept(old.state, await reread(q, called), intent)
  return now
}

/** What CREATE OR REPLACE leaves alone is proven to be left alone. */
function requireKept(before: FunctionState, after: FunctionState, { spec }: Intent): void {
  const kept =
    before.oid === after.oid &&
    before.owner === after.owner &&
    before.comment === after.comment &&
    (spec.options.execute !== undefined || sameGrants(before.grants, after.grants))
  if (kept) return
  throw new LockstepError('LS-2601', `${printFunction(before)} would lose its owner, grants or comment`, {
    where: { name: printFunction(before) },
    hint: 'nothing has been changed; please report this with the function’s header',
  })
}

async function limitCallers(q: Queryable, { memo, spec }: Intent, called: FunctionState): Promise<void> {
  if (spec.options.execute === undefined) return
  const now = await reread(q, called)
  await setGrants(
    q,
    now,
    grantsFor(
      now,
      memo.callers.filter((role) => role !== now.owner),
    ),
  )
}

/** The new one is made as owner, grants and comment of the old say; what depends on the old moves to it. */
async function replaceSignature(
  q: Queryable,
  intent: Intent,
  old: LogicalFunction,
  standing: Standing,
): Promise<FunctionState> {
  const { file, memo, spec } = intent
  const keep = keepsOld(spec)
  const put = async (): Promise<FunctionState> => {
    if (memo.path === 'beside' && standing.next !== undefined) return standing.next.inner
    await asFile(intent, () => q.script(`create ${file.kind} ${quoteTable(memo.next)}${file.rest}`))
    const made = await readLogical(q, memo.next)
    if (made === undefined) throw new LockstepError('LS-9001', `${memo.next.name} was not made with the types planned`)
    await setAttributes(q, made.state, wantedAttributes(old.state, made.state, file.stated))
    const dressed = await dress(q, await reread(q, made.state), old.state)
    await limitCallers(q, intent, dressed)
    return reread(q, dressed)
  }
  const made = await swap(q, old.inner, put, keep)
  if (spec.options.shim !== undefined) await putShim(q, old, made, spec.options.shim)
  return made
}

/** The old signature with another body: its attributes stay, and its path is pinned where the new one's is. */
async function putShim(q: Queryable, old: LogicalFunction, made: FunctionState, body: string): Promise<void> {
  await q.script(shimDefinition(old.state, body))
  const shim = await reread(q, old.inner)
  const isPath = (setting: string): boolean => settingName(setting) === 'search_path'
  const path = shim.attributes.settings.some(isPath) ? [] : made.attributes.settings.filter(isPath)
  await setAttributes(q, shim, { ...shim.attributes, settings: [...shim.attributes.settings, ...path] })
}

/** Only the old signature that this step left there. */
async function dropOld(q: Queryable, intent: Intent, standing: Standing, tell: Tell): Promise<readonly PreImage[]> {
  const { old } = standing
  if (!keepsOld(intent.spec) || old === undefined) return []
  if (!isOldAsWanted(intent, old.state)) {
    tell(`${printFunction(old.state)} was replaced by someone else since: it stays as they made it`)
    return []
  }
  const before = { old: old.state, next: standing.next?.state }
  await drop(q, old.inner)
  return [await imageOf(q, intent, before)]
}
