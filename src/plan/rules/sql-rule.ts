import type { Script } from '../../sql/script.ts'
import type { NodeOf, NodeTag } from '../../sql/tree.ts'
import type { Edit } from '../sql/edits.ts'
import type { At } from '../sql/flow.ts'
import type { SqlFacts } from '../sql/sql-facts.ts'
import type { Severity } from './rule.ts'

/** Something that a rule found. What is left out is as the rule has it. */
export interface Spot {
  readonly message: string
  /** Index in the script's text; without it the beginning of the statement. */
  readonly index?: number
  /** The full name of the table that it is about, for what a rule spares. */
  readonly table?: string
  readonly severity?: Severity
  readonly why?: string
  readonly fix?: string
  /** What mends it without anything else having to change. */
  readonly edits?: readonly Edit[]
}

export type Found = Spot | readonly Spot[] | undefined

/** For each kind of statement what is wrong with one. */
export type Handlers = { readonly [Tag in NodeTag]?: (node: NodeOf<Tag>, at: At) => Found }

/** Something that is wrong in a database; `where` names it. */
export interface LiveSpot {
  readonly where: string
  readonly message: string
  readonly severity?: Severity
}

/** What a rule may ask beside the script as a whole. */
export interface WholeInput {
  readonly facts: SqlFacts
  readonly earlier: readonly Script[]
  /** Whether a rule has that name. */
  readonly isRule: (name: string) => boolean
}

/** A row that a live check gets: something, how many are alike, and what more is to be said. */
export interface LiveRow {
  readonly name: string
  readonly count: number
  readonly detail: string | null
}

/** What a rule asks a database itself: one statement that reads catalogs, and what each of its rows means. */
export interface LiveCheck {
  /** Gives `name` (text), `count` (int) and `detail` (text or null); what is alike in many tables is one row with a count. */
  readonly sql: string
  readonly spot: (row: LiveRow) => LiveSpot
}

/** A rule about SQL: what it finds in a text, in the definitions of a database, or in its catalogs. */
export interface SqlRule {
  readonly over: 'sql'
  readonly name: string
  readonly summary: string
  /** Of what it finds in general; a note is told and counts nowhere. */
  readonly severity: Severity
  readonly why: string
  readonly fix: string
  readonly on: Handlers
  /** What is wrong with a script as a whole. */
  readonly script?: (script: Script, input: WholeInput) => Found
  /** Only where it is asked for by name. */
  readonly optIn?: true
  /** Leaves alone what is done to a table that was made just before. */
  readonly sparesNew?: true
  /** Has but a note for tables that the server knows to be small. */
  readonly sparesSmall?: true
  /** Whether it looks into the bodies of functions too, or at nothing else. DO blocks are part of the script. */
  readonly inBodies?: 'too' | 'only'
  /** Whether it has something to say of the functions that are in a database. */
  readonly ofDefinitions?: true
  readonly live?: LiveCheck
}

/** Types and freezes a rule about SQL. */
export function defineSqlRule(rule: Omit<SqlRule, 'over' | 'on'> & { readonly on?: Handlers }): SqlRule {
  return Object.freeze({ ...rule, over: 'sql' as const, on: rule.on ?? {} })
}
