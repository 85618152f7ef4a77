/** Whole cents to whole euros, which types do not tell apart: twice is a hundredth. */
export const cents = {
  from: 'int',
  to: 'int',
  up: (amount: number | bigint): number => Number(amount) / 100,
  down: (euros: number | bigint): bigint => BigInt(euros) * 100n,
} as const

type Fields = Readonly<Record<string, unknown>>

export const orders = {
  up: ({ total, ...rest }: Fields): Fields =>
    total === undefined ? rest : { ...rest, amount: { value: total, currency: 'EUR' } },
  down: ({ amount, ...rest }: Fields): Fields =>
    amount === undefined ? rest : { ...rest, total: (amount as { readonly value: unknown }).value },
} as const
