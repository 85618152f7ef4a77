import { convertFieldStep } from '../../src/operations/firestore/convert-field/convert-field.ts'
import { transformDocumentsStep } from '../../src/operations/firestore/transform-documents/transform-documents.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import type { Step } from '../../src/operations/operation.ts'

const cents = {
  from: 'int',
  to: 'int',
  up: (value: number | bigint) => Number(value) / 100,
  down: (value: number | bigint) => Number(value) * 100,
} as const

const prices = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`Users/${n}`, { price: (n + 1) * 100_00 }]))

function world(name: string, ...steps: readonly Step[]): OperationCase {
  const nothing = { documents: {}, queries: [] }
  return {
    name,
    steps,
    before: { documents: prices, sql: [] },
    after: nothing,
    others: { documents: {}, sql: [], afterDown: nothing },
  }
}

/** Cents to euros, which is another thing when it is done twice; told by nothing, a marker, a new field, free code. */
export const blind = world('blind', convertFieldStep('Users/{uid}', 'price', cents))
export const marked = world(
  'marked',
  convertFieldStep('Users/{uid}', 'price', { ...cents, marker: { field: 'v', value: 2 } }),
)
export const beside = world(
  'beside',
  convertFieldStep('Users/{uid}', 'price', { ...cents, strategy: 'beside', as: 'euros' }),
)
export const free = world(
  'free',
  transformDocumentsStep('Users/{uid}', {
    up: (user) => ({ ...user, price: scaled(user, 1 / 100) }),
    down: (user) => ({ ...user, price: scaled(user, 100) }),
    marker: { field: 'v', value: 2 },
  }),
)

function scaled({ price }: Record<string, unknown>, by: number): number {
  if (typeof price !== 'number') throw new TypeError(`no price: ${String(price)}`)
  return Math.round(price * by)
}
