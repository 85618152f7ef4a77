import type { FieldPath } from '../stores/documents.ts'
import { entryLens } from './entry-lens.ts'
import { fillPattern, matchPattern, variablesOf } from './place-pattern.ts'
import type { Params } from './place-pattern.ts'
import type { Lens } from './rule.ts'

/** A change of place, as `lockstep codegen` writes it. */
export interface Move {
  readonly migration: string
  readonly from: string
  readonly to: string
  /** Whole documents with everything below them, the entries of a map, or fields. */
  readonly what: 'documents' | 'entries' | 'fields'
  /** Documents of `from` become part of those of `to`, not the other way round. */
  readonly inward: boolean
  /** The map whose entries are moved, or the place in which a whole document is put. */
  readonly path?: FieldPath
  /** Of entries: the field of a document that holds the entry's key, and the one that holds what is not a map. */
  readonly key?: string
  readonly value?: string
  readonly fields?: readonly FieldPath[]
  /** Where each of `fields` is in the other document, in the same order; there by the same names without it. */
  readonly named?: readonly FieldPath[]
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
  readonly lens: Lens
}

export const sameInBoth: Lens = { up: (value) => ({ value }), down: (value) => ({ value }), identity: true }

/** Where a moved thing is. The placeholders of both patterns are needed; of entries the last one is the key. */
export function pairsOf(move: Move, params: Params): readonly PlacePair[] {
  const [old, neu] = [fillPattern(move.from, params), fillPattern(move.to, params)]
  const whole = (document: string): Place => ({ document, field: [], isWhole: true })
  switch (move.what) {
    case 'documents':
      return [{ old: whole(old), neu: whole(neu), at: [], lens: sameInBoth }]
    case 'entries': {
      const key = params[keyVariable(move)] ?? ''
      const entry = (document: string): Place => ({ document, field: [...(move.path ?? []), key], isWhole: false })
      const places = move.inward ? { old: whole(old), neu: entry(neu) } : { old: entry(old), neu: whole(neu) }
      return [{ ...places, at: [], lens: entryLens(move, key) }]
    }
    case 'fields':
      return fieldPairs(move, old, neu)
  }
}

function fieldPairs({ fields, named = fields, path = [], inward }: Move, old: string, neu: string): PlacePair[] {
  if (fields === undefined) {
    const place = { document: neu, field: path, isWhole: path.length === 0 }
    return [{ old: { document: old, field: [], isWhole: true }, neu: place, at: path, lens: sameInBoth }]
  }
  return fields.map((field, index) => {
    const name = named?.[index] ?? field
    return {
      old: { document: old, field, isWhole: false },
      neu: { document: neu, field: name, isWhole: !inward },
      at: name,
      lens: sameInBoth,
    }
  })
}

/** The placeholder of the entries' documents. */
function keyVariable({ inward, from, to }: Move): string {
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
