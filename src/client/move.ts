import type { FieldPath } from '../stores/documents.ts'
import { fillPattern, matchPattern, variablesOf } from './place-pattern.ts'
import type { Params } from './place-pattern.ts'

/** A change of place, as `lockstep codegen` writes it. */
export interface Move {
  readonly migration: string
  readonly from: string
  readonly to: string
  /** Whole documents with everything below them, the entries of a map, or fields. */
  readonly what: 'documents' | 'entries' | 'fields'
  /** Documents of `from` become part of those of `to`, not the other way round. */
  readonly inward: boolean
  /** The map whose entries are moved, or in which the fields are put. */
  readonly path?: FieldPath
  readonly fields?: readonly FieldPath[]
  /** The member of an entry's document that holds the entry's key, where one does. */
  readonly key?: string
}

/** A document, or a place in it. */
export interface Place {
  readonly document: string
  /** `[]` is the whole document. */
  readonly field: FieldPath
  /** The document is made of nothing else: it comes and goes with the value. */
  readonly isWhole: boolean
}

/** The same thing before and after; `at` is where the value as the app has it holds it. */
export interface PlacePair {
  readonly old: Place
  readonly neu: Place
  readonly at: FieldPath
}

/** Where a moved thing is. The placeholders of both patterns are needed; of entries the last one is the key. */
export function pairsOf(move: Move, params: Params): readonly PlacePair[] {
  const { what, path = [], fields = [] } = move
  const [old, neu] = [fillPattern(move.from, params), fillPattern(move.to, params)]
  const whole = (document: string): Place => ({ document, field: [], isWhole: true })
  if (what === 'documents') return [{ old: whole(old), neu: whole(neu), at: [] }]
  if (what === 'entries') {
    const entry = (document: string): Place => ({ document, field: [...path, keyOf(move, params)], isWhole: false })
    return [move.inward ? { old: whole(old), neu: entry(neu), at: [] } : { old: entry(old), neu: whole(neu), at: [] }]
  }
  return fields.map((field) => ({
    old: { document: old, field, isWhole: move.inward },
    neu: { document: neu, field: move.inward ? [...path, ...field] : field, isWhole: !move.inward },
    at: field,
  }))
}

/** The id of an entry's document, which is its key in the map. */
function keyOf(move: Move, params: Params): string {
  return params[keyVariable(move)] ?? ''
}

/** The placeholder of the entries' documents. */
export function keyVariable({ inward, from, to }: Move): string {
  return variablesOf(inward ? from : to).at(-1) ?? ''
}

/**
 * The name that a document of a renamed collection, or one anywhere below it, has in the old place; undefined for a
 * document that the move has nothing to do with.
 */
export function formerName(move: Move, name: string): string | undefined {
  const depth = move.to.split('/').length
  const parts = name.split('/')
  const params = matchPattern(move.to, parts.slice(0, depth).join('/'))
  return params === undefined ? undefined : [fillPattern(move.from, params), ...parts.slice(depth)].join('/')
}
