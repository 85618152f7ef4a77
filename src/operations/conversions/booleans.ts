import type { Conversion } from './conversion.ts'
import { createConversion } from './conversion.ts'

/** Which texts mean what; the first of each is written back. */
export interface BooleanWords {
  readonly trueWords: readonly string[]
  readonly falseWords: readonly string[]
}

/** string ↔ bool. The first words are exact; the others, other case and space around are another formatting. */
export function stringToBool({ trueWords, falseWords }: BooleanWords): Conversion {
  const known = new Map([
    ...falseWords.map((word): [string, boolean] => [plain(word), false]),
    ...trueWords.map((word): [string, boolean] => [plain(word), true]),
  ])
  return createConversion(
    {
      from: 'string',
      otherwise: 'formatting',
      convert: (value) => {
        const meaning = 'stringValue' in value ? known.get(plain(value.stringValue)) : undefined
        return meaning === undefined ? { loss: 'unparsable', value: undefined } : { value: { booleanValue: meaning } }
      },
    },
    {
      from: 'bool',
      otherwise: 'formatting',
      convert: (value) => {
        const words = 'booleanValue' in value && value.booleanValue ? trueWords : falseWords
        return { value: { stringValue: words[0] ?? '' } }
      },
    },
  )
}

/** What is wrong with the words, if anything. */
export function problemOfWords({ trueWords, falseWords }: BooleanWords): string | undefined {
  if (trueWords.length === 0) return 'trueWords is empty'
  if (falseWords.length === 0) return 'falseWords is empty'
  const both = trueWords.find((word) => falseWords.some((other) => plain(other) === plain(word)))
  return both === undefined ? undefined : `"${both}" means both true and false`
}

function plain(word: string): string {
  return word.trim().toLowerCase()
}
