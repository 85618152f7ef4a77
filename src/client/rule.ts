import type { Loss } from '../operations/conversions/conversion.ts'
import type { FieldPath } from '../stores/documents.ts'
import type { Data } from './data.ts'
import type { ClientPhase } from './phases.ts'

/** `value` is undefined where there is none in the other shape; under a `loss` it is the best effort. */
export interface Seen {
  readonly value: unknown
  readonly loss?: Loss | undefined
}

/** How a value of the old shape reads in the new one, and how one of the new shape is written in the old one. */
export interface Lens {
  readonly up: (value: unknown) => Seen
  readonly down: (value: unknown) => Seen
  /** Both shapes have the same value, so that its parts and all sentinels go through. */
  readonly identity: boolean
}

/** Tells a document in the new shape where types cannot. */
export interface MarkerRule {
  readonly path: FieldPath
  /** This step's value, and those of later steps that use the same field. */
  readonly values: readonly [unknown, ...unknown[]]
}

interface RuleBase {
  readonly migration: string
  /** A later step uses the old place for something else: once this one is completed, that place is none of its business. */
  readonly superseded: boolean
}

/** One step of a shape, with its functions: what reading and writing in each phase is made of. */
export type Rule =
  | (RuleBase & {
      readonly kind: 'add'
      readonly path: FieldPath
      /** Undefined leaves the field absent. `name` is the document's, where it is known. */
      readonly fallback: (data: Data, name: string | undefined) => unknown
    })
  | (RuleBase & { readonly kind: 'remove'; readonly path: FieldPath })
  /** An old and a new place in the same document. */
  | (RuleBase & { readonly kind: 'pair'; readonly from: FieldPath; readonly to: FieldPath; readonly lens: Lens })
  /** One place for both shapes. */
  | (RuleBase & {
      readonly kind: 'in-place'
      readonly path: FieldPath
      readonly lens: Lens
      /** What the value's type tells; undefined where it cannot. */
      readonly isNew: (value: unknown) => boolean | undefined
      readonly marker: MarkerRule | undefined
    })
  | (RuleBase & {
      readonly kind: 'transform'
      readonly up: (data: Data, name: string | undefined) => Data
      /** Where no marker tells. */
      readonly isNew: (data: Data) => boolean
      readonly down: (data: Data) => Data
      /** What is written where both shapes are. */
      readonly both: (data: Data) => Data
      readonly marker: MarkerRule | undefined
    })

export type PhaseOf = (migration: string) => ClientPhase

/** True where the step is history, and its old place belongs to a later one. */
export function isClosed(rule: Rule, phase: ClientPhase): boolean {
  return rule.superseded && (phase === 'completed' || phase === 'unknown')
}
