import type { Node } from 'libpg-query'
import type { NodeTag } from './tree.ts'

/** Whether a statement stands in the script, in a DO block of it, or in the body of a function. */
export type Origin = 'script' | 'do' | 'function'

/** One statement, wherever it is written. */
export interface Statement {
  readonly tag: NodeTag
  readonly node: Node
  /** Without what is before and after it. */
  readonly text: string
  /** Index in the script's text. */
  readonly start: number
  readonly end: number
  /** Index in the script's text of a location that its tree names. */
  readonly at: (location: number | undefined) => number
  readonly origin: Origin
  /** Made from the text of an EXECUTE: what only the run knows has names in braces. */
  readonly dynamic: boolean
  /** Repeated by a loop of PL/pgSQL. */
  readonly inLoop: boolean
  /** True for a condition or value of PL/pgSQL, which is read as SELECT. */
  readonly expression: boolean
  /** Of a CREATE FUNCTION, CREATE PROCEDURE or DO. */
  readonly body: Body | undefined
}

/** What a function or DO block does. */
export interface Body {
  readonly language: string
  readonly statements: readonly Statement[]
  /** Texts given to EXECUTE, as far as they can be told. */
  readonly dynamic: readonly string[]
  /** Why it cannot be read; undefined where it can. */
  readonly problem: { readonly message: string; readonly index: number } | undefined
}
