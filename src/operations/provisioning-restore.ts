import { z } from 'zod'
import { quoteTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { lockFunction } from './function-lock.ts'
import type { PreImage } from './operation.ts'
import { copyCalledBy } from './provisioning-chain.ts'
import { chainOf, nameIn, qualified, readFunction } from './provisioning-function.ts'
import type { FunctionRow } from './provisioning-function.ts'

const functionImage = z.object({
  before: z.object({ definition: z.string() }),
  after: z.object({ definition: z.string(), kept: z.string() }),
})

/**
 * Puts what the copy has by now in the place of the wrapper that calls it: the function itself, or the copy of a wrapper
 * that came later, since steps need not go back in the order in which they came. That is the exact definition unless a
 * later step replaced what the wrapper calls. The copy stays, for calls that are under way. False where someone replaced
 * the function since: theirs stays.
 */
export async function restoreProvision(q: Queryable, image: PreImage): Promise<boolean> {
  const { before, after } = functionImage.parse(image)
  await lockFunction(q, nameIn(image.name))
  const chain = await chainOf(q, qualified(image.name))
  const copy = await readFunction(q, after.kept)
  const wrapper = chain.find(({ body }) => callOf(body) === after.kept.slice(0, after.kept.indexOf('(')))
  if (wrapper === undefined || !after.definition.includes(wrapper.body)) {
    return (
      copy === undefined || chain.some(({ body, definition }) => body === copy.body || definition === before.definition)
    )
  }
  const { definition } = copy ?? before
  await q.script(
    `CREATE OR REPLACE FUNCTION ${wrapper.quoted}${definition.slice(copy === undefined ? definition.indexOf('(') : headOf(copy).length)}`,
  )
  return true
}

/** Takes the copy away, unless something calls it still. */
export async function dropCopy(q: Queryable, image: PreImage): Promise<void> {
  const { kept } = functionImage.parse(image).after
  await lockFunction(q, nameIn(image.name))
  const name = kept.slice(kept.indexOf('.') + 1, kept.indexOf('(')).replaceAll('"', '')
  const [called] = await q.query<{ found: boolean }>(
    `select exists (select from pg_catalog.pg_proc where prokind = 'f' and pg_catalog.strpos(prosrc, $1) > 0) as found`,
    [name],
  )
  if (called?.found !== true) await q.script(`drop function if exists ${kept}`)
}

function callOf(body: string): string | undefined {
  const copy = copyCalledBy(body)
  return copy === undefined ? undefined : quoteTable(copy)
}

function headOf({ quoted }: FunctionRow): string {
  return `CREATE OR REPLACE FUNCTION ${quoted}`
}
