import type { Script, Token } from '../../sql/script.ts'
import type { Statement } from '../../sql/statement.ts'

/** `-- lockstep: allow some-rule because …` in a script. */
export interface Allowance {
  readonly rules: readonly string[]
  /** Empty where none is given. */
  readonly reason: string
  /** Where the comment begins. */
  readonly index: number
  /** The part of the script it speaks of. */
  readonly from: number
  readonly to: number
}

const written = /lockstep:\s*allow(-file)?\b\s*([\w\-,\s]*?)\s*(?:\bbecause\b\s*([\s\S]*?))?\s*(?:\*\/)?$/

/** What the comments of a script accept. One before a statement, in it or behind it speaks of it; `allow-file` of all. */
export function allowancesOf(script: Script): readonly Allowance[] {
  return script.tokens
    .filter(({ kind }) => kind === 'comment')
    .flatMap((token) => {
      const [all, file, names = '', reason = ''] = written.exec(token.text) ?? []
      if (all === undefined) return []
      const rules = names.split(/[\s,]+/).filter((name) => name !== '')
      const range = file === undefined ? rangeOf(script, token) : { from: 0, to: script.text.length }
      return [{ rules, reason: reason.trim(), index: token.start, ...range }]
    })
}

function rangeOf({ statements, text }: Script, token: Token): { readonly from: number; readonly to: number } {
  const about = statements.find((each) => holds(each, token) || endsInLine(each, token, text))
  const found = about ?? statements.find(({ start }) => start > token.start)
  return found === undefined ? { from: token.start, to: token.end } : { from: found.start, to: found.end }
}

function holds({ start, end }: Statement, token: Token): boolean {
  return start <= token.start && token.end <= end
}

function endsInLine({ end }: Statement, token: Token, text: string): boolean {
  return end <= token.start && /^[^\S\n]*;?[^\S\n]*$/.test(text.slice(end, token.start))
}

/** Why a finding at that index is accepted; null where it is not, or where no reason is given. */
export function acceptedAt(allowances: readonly Allowance[], rule: string, index: number): string | null {
  const found = allowances.find(
    ({ rules, reason, from, to }) => reason !== '' && rules.includes(rule) && from <= index && index <= to,
  )
  return found?.reason ?? null
}
