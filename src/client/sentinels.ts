/** What a FieldValue of an SDK does: deletes the field, sets the server's time, or changes what is there. */
export type Sentinel = 'delete' | 'time' | 'relative'

/** Told by shape, because apps may hold several copies of an SDK. Undefined for everything else. */
export function sentinelOf(value: unknown): Sentinel | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const name = 'methodName' in value ? value.methodName : '_methodName' in value ? value._methodName : undefined
  if (typeof name !== 'string') return undefined
  if (/delete/i.test(name)) return 'delete'
  return /serverTimestamp/i.test(name) ? 'time' : 'relative'
}
