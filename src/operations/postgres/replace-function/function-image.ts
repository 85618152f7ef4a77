import { z } from 'zod'
import type { Queryable } from '../../../stores/tables.ts'
import type { PreImage } from '../../operation.ts'
import { hashOf, printFunction, stateForm } from './function-state.ts'
import type { FunctionState } from './function-state.ts'
import { readStanding } from './intent.ts'
import type { Intent } from './intent.ts'

const sides = z.object({ old: stateForm.nullable(), next: stateForm.nullable() })

const imageForm = z.object({ before: sides, after: sides })
export type FunctionImage = z.infer<typeof imageForm>

export function parseImage({ before, after }: PreImage): FunctionImage {
  return imageForm.parse({ before, after })
}

/** Both functions before, and as they are now. */
export async function imageOf(
  q: Queryable,
  { memo }: Intent,
  before: { readonly old: FunctionState; readonly next: FunctionState | undefined },
): Promise<PreImage> {
  const now = await readStanding(q, memo)
  const next = memo.path === 'beside' ? now.next?.state : undefined
  return {
    name: printFunction(before.old),
    before: { old: { ...before.old }, next: before.next === undefined ? null : { ...before.next } },
    after: {
      old: now.old === undefined ? null : { ...now.old.state },
      next: next === undefined ? null : { ...next },
    },
  }
}

/** False where the function is the very same as before. */
export function isChange(image: PreImage): boolean {
  const { before, after } = parseImage(image)
  const text = ({ old, next }: FunctionImage['before']): string =>
    JSON.stringify([old, next].map((state) => (state === null ? null : [hashOf(state), state.grants])))
  return text(before) !== text(after)
}
