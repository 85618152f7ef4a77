import type { Fields, Value } from '../../../src/stores/documents.ts'

/** Constructors of Firestore values in the JSON mapping of the port. */
export const text = (value: string): Value => ({ stringValue: value })
export const flag = (value: boolean): Value => ({ booleanValue: value })
export const list = (values: readonly Value[]): Value => ({ arrayValue: { values } })
export const map = (fields: Fields): Value => ({ mapValue: { fields } })

/** A number as a JavaScript client stores it: an integer where it is one, else a double. */
export const number = (value: number): Value =>
  Number.isSafeInteger(value) ? { integerValue: String(value) } : { doubleValue: value }

/** A moment in milliseconds since 1970, with 0 or 3 digits of fraction. */
export const moment = (milliseconds: number): Value => ({
  timestampValue: new Date(milliseconds).toISOString().replace('.000Z', 'Z'),
})
