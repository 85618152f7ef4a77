import type { Value } from './documents.ts'

type DoubleValue = Extract<Value, { readonly doubleValue: unknown }>

/** A number as the port's double: as it is, or by name where JSON has no number for it. `Number()` is the way back. */
export function toDouble(value: number): DoubleValue {
  if (Number.isFinite(value)) return { doubleValue: Object.is(value, -0) ? '-0' : value }
  return { doubleValue: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' }
}
