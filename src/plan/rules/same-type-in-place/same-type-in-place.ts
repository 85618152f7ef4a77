import { printFieldPath } from '../../../operations/field-path.ts'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import { defineRule } from '../rule.ts'
import type { ChangeFinding } from '../rule.ts'

export const sameTypeInPlace = defineRule({
  name: 'same-type-in-place',
  summary: 'A value converted in place must be told from one that is not yet converted',
  checkChange(change) {
    if (change.change === 'convert') return conversionFinding(change)
    if (change.change === 'transform' && change.marker === undefined) return transformFinding(change.pattern)
    return undefined
  },
})

function conversionFinding({
  pattern,
  path,
  to,
  conversion,
  custom,
  marker,
}: Extract<ShapeChange, { change: 'convert' }>): ChangeFinding | undefined {
  const field = printFieldPath(path)
  if (field !== printFieldPath(to) || marker !== undefined || !isAmbiguous(conversion, custom)) return undefined
  const { from, to: target } = conversion
  const types = from === target ? `${from} before and after` : `${from} before and ${target} after, which overlap`
  return {
    severity: 'error',
    message: `${field} of ${pattern} is converted in place and is ${types}`,
    why: 'neither a client nor a resumed run can tell a converted value from one that is not, so it may be converted twice or not at all',
    fix: "write the new value to a field of its own (strategy: 'beside'), or name a version marker",
  }
}

/** `number` holds integers and doubles; the built-in conversions between them give a converted value back unchanged. */
function isAmbiguous({ from, to }: { readonly from: string; readonly to: string }, custom: boolean): boolean {
  if (from === to) return true
  const numbers = ['int', 'double', 'number']
  return custom && numbers.includes(from) && numbers.includes(to) && (from === 'number' || to === 'number')
}

function transformFinding(pattern: string): ChangeFinding {
  return {
    severity: 'warning',
    message: `documents of ${pattern} are transformed in place and carry no version marker`,
    why: 'a document that an old client wrote to afterwards cannot be told from one in the old shape, so the code may run on its own result',
    fix: 'name a version marker, or make sure that transforming a document twice is transforming it once',
  }
}
