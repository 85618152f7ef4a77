import { tokensBetween } from '../../sql/script.ts'
import type { Token } from '../../sql/script.ts'
import type { Edit } from './edits.ts'
import type { At } from './flow.ts'

/** The words of a statement, without comments. */
function wordsOf({ script, statement }: Pick<At, 'script' | 'statement'>): readonly Token[] {
  const { start, end } = statement
  return tokensBetween(script.tokens, start, end).filter(({ kind }) => kind !== 'comment')
}

/** Inserts a text behind the first of these words; no edit where it is not there. */
export function insertAfter(at: At, word: string, text: string): readonly Edit[] {
  const found = wordsOf(at).find((token) => token.text.toLowerCase() === word)
  return found === undefined ? [] : [{ from: found.end, to: found.end, text }]
}

/** Replaces the word that stands at an index. */
export function replaceAt(at: At, index: number, text: string): readonly Edit[] {
  const found = wordsOf(at).find(({ start }) => start === index)
  return found === undefined ? [] : [{ from: found.start, to: found.end, text }]
}

/** Puts a text before the statement, as a line of its own. */
export function insertBefore({ statement }: At, text: string): readonly Edit[] {
  return [{ from: statement.start, to: statement.start, text: `${text}\n` }]
}

/** Puts a statement behind this one, whether or not it ends with a semicolon. */
export function append({ script, statement }: At, text: string): readonly Edit[] {
  const [next] = tokensBetween(script.tokens, statement.end, script.text.length)
  const semicolon = next?.text === ';' ? next : undefined
  const end = semicolon?.end ?? statement.end
  return [{ from: end, to: end, text: `${semicolon === undefined ? ';' : ''}\n${text};` }]
}

/** An identifier as it must be written. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
