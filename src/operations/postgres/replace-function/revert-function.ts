import { LockstepError } from '../../../kernel/errors.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { lockFunction } from '../../function-lock.ts'
import type { Checkpoint, TableHands, Work } from '../../operation.ts'
import { sameGrants, setGrants } from './function-attributes.ts'
import { parseImage } from './function-image.ts'
import type { FunctionImage } from './function-image.ts'
import { definitionAs, hashOf, printFunction } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
import { parseMemo, readStanding } from './intent.ts'
import type { Memo, Standing } from './intent.ts'
import { reread, writeText } from './logical-function.ts'
import type { LogicalFunction } from './logical-function.ts'
import type { ReplaceFunctionSpec } from './replace-function.ts'
import { recreate, swap } from './swap-function.ts'

type Tell = (message: string) => void

/** Everything as the first pre-image has it, in one transaction; what someone else made since stays, and is told. */
export async function* revertFunction(work: Work<ReplaceFunctionSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const memo = parseMemo(work.memo)
  let image: FunctionImage | undefined
  for await (const each of hands.preImages()) {
    const { before, after } = parseImage(each)
    image = { before, after: image?.after ?? after }
  }
  if (image === undefined) return
  const { before, after } = image
  const told = new Set<string>()
  const restore = async (q: Queryable): Promise<readonly []> => {
    told.clear()
    await lockFunction(q, memo.old)
    await putBack(q, { memo, before, after }, await readStanding(q, memo), (message) => told.add(message))
    return []
  }
  yield await hands.change({ names: [work.spec.function], cursor: 'restored', work: restore })
  for (const message of told) hands.warn(message)
}

interface Way extends FunctionImage {
  readonly memo: Memo
}

async function putBack(q: Queryable, way: Way, { old, next }: Standing, tell: Tell): Promise<void> {
  const was = way.before.old
  if (was === null) throw new LockstepError('LS-9001', 'a function without a before was replaced')
  switch (way.memo.path) {
    case 'same':
      return putTextBack(q, { was, ours: way.after.old }, old, tell)
    case 'anew':
      if (old === undefined || !isOurs(old.state, way.after.old)) return keep(q, was, old, tell)
      if (hashOf(old.state) !== way.memo.hash) await swap(q, old.inner, () => recreate(q, was), false)
      return
    case 'beside':
      return takeNextAway(q, way, { old, next }, tell)
  }
}

function isOurs(now: FunctionState, ours: FunctionState | null): boolean {
  return ours !== null && hashOf(now) === hashOf(ours)
}

/** Someone else's stays. */
async function keep(_: Queryable, was: FunctionState, now: LogicalFunction | undefined, tell: Tell): Promise<void> {
  const name = printFunction(was)
  if (now === undefined) tell(`${name} was dropped by someone else during the run: it stays away`)
  else if (hashOf(now.state) !== hashOf(was))
    tell(`${name} was replaced by someone else during the run: it stays as they made it`)
}

interface Text {
  readonly was: FunctionState
  readonly ours: FunctionState | null
}

async function putTextBack(
  q: Queryable,
  { was, ours }: Text,
  now: LogicalFunction | undefined,
  tell: Tell,
): Promise<void> {
  if (now === undefined || !isOurs(now.state, ours)) {
    await keep(q, was, now, tell)
    if (now === undefined || hashOf(now.state) !== hashOf(was)) return
  }
  if (hashOf(now.state) !== hashOf(was)) {
    await q.script('set local check_function_bodies = off')
    const definition = (quoted: string): string => definitionAs(was, quoted)
    await writeText(q, now, definition, () => Promise.resolve())
  }
  await putGrantsBack(q, { was, ours }, now, tell)
}

/** Grants are touched only where this step has changed them, and nobody else has since. */
async function putGrantsBack(q: Queryable, { was, ours }: Text, now: LogicalFunction, tell: Tell): Promise<void> {
  if (ours === null || sameGrants(was.grants, ours.grants)) return
  const [called = now.inner] = now.wrappers
  const current = await reread(q, called)
  if (sameGrants(current.grants, was.grants)) return
  if (sameGrants(current.grants, ours.grants)) await setGrants(q, current, was.grants)
  else tell(`others changed who may call ${printFunction(was)} during the run: that stays as they made it`)
}

/** The old one is made again, or gets its own body back; what depends on the new one moves to it, and the new one goes. */
async function takeNextAway(q: Queryable, way: Way, { old, next }: Standing, tell: Tell): Promise<void> {
  const { before, after } = way
  const was = before.old
  if (was === null) return
  const putOld = async (): Promise<FunctionState> => {
    if (old === undefined) return recreate(q, was)
    const ours = after.old === null ? null : after.old
    if (ours === null || isOurs(old.state, ours)) await putTextBack(q, { was, ours: ours ?? was }, old, tell)
    else await keep(q, was, old, tell)
    return reread(q, old.inner)
  }
  const nextIsOurs = next !== undefined && before.next === null && isOurs(next.state, after.next)
  if (nextIsOurs) await swap(q, next.inner, putOld, false)
  else {
    if (next !== undefined && before.next === null)
      tell(`${printFunction(next.state)} was replaced by someone else during the run: it stays as they made it`)
    await putOld()
  }
}
