import type { Value } from './documents.ts'

type DoubleValue = Extract<Value, { readonly doubleValue: unknown }>

/** A finite number as the port writes it: minus zero by name, since JSON has none. `Number()` is the way back. */
function toFinite(value: number): number | '-0' {
  return Object.is(value, -0) ? '-0' : value
}

/** A number as the port's double: as it is, or by name where JSON has no number for it. `Number()` is the way back. */
export function toDouble(value: number): DoubleValue {
  if (Number.isFinite(value)) return { doubleValue: toFinite(value) }
  return { doubleValue: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' }
}

/** Degrees as the port's geo point. */
export function toGeoPoint(latitude: number, longitude: number): Extract<Value, { readonly geoPointValue: unknown }> {
  return { geoPointValue: { latitude: toFinite(latitude), longitude: toFinite(longitude) } }
}
