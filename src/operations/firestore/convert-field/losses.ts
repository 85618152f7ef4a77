import { losses } from '../../conversions/conversion.ts'
import type { Loss } from '../../conversions/conversion.ts'

const words: Readonly<Record<Loss, string>> = Object.freeze({
  precision: 'it would lose precision',
  truncation: 'a part of it would be cut off',
  nan: 'it is not a finite number',
  'out-of-range': 'it is out of range',
  unparsable: 'it cannot be read',
  'time-zone': 'its local time is there twice or never, or its offset is not kept',
  formatting: 'it would be written otherwise on the way back',
  order: 'the order of its members would be lost',
  duplicate: 'two of its members want one key',
  'wrong-type': 'it is neither of the old type nor of the new one',
  threw: 'the function threw',
  'one-way': 'there is no function for this direction',
})

/** Why a value of the field stays as it is, without the value. */
export function whyOf(field: string, loss: Loss, way: 'up' | 'down'): string {
  return `${field} cannot be converted${way === 'up' ? '' : ' back'}: ${words[loss]} (${loss})`
}

/** How the loss that a reason names is accepted. */
export function hintOf(why: string): string | undefined {
  const loss = losses.find((each) => why.endsWith(`(${each})`))
  return loss === undefined
    ? undefined
    : `mend these documents, or accept it by name, as in accept: { '${loss}': 'null' }, 'keep', 'default' or a function; nothing was written`
}
