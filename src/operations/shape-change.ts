import type { FieldPath, Value } from '../stores/documents.ts'
import type { PlainAcceptance } from './conversions/acceptance.ts'
import type { BuiltInConversion } from './conversions/built-in-conversion.ts'

/**
 * What a step means to the clients of the documents: what generated readers do for both shapes, and what the linter
 * weighs. Plain data: functions stay in the migration.
 */
export type ShapeChange =
  | {
      readonly change: 'add'
      readonly pattern: string
      readonly path: FieldPath
      /** Undefined where a function computes it. */
      readonly default: Value | undefined
      /** The app filters or orders by it across collections. */
      readonly queried: boolean
    }
  | {
      readonly change: 'remove'
      readonly pattern: string
      readonly path: FieldPath
      /** From every entry of a map or every member of a list at that path: readers are not generated for it. */
      readonly spread?: true
    }
  | {
      readonly change: 'rename'
      readonly pattern: string
      readonly path: FieldPath
      readonly to: FieldPath
      /** In every entry of a map or every member of a list at that path: readers are not generated for it. */
      readonly spread?: true
    }
  | {
      readonly change: 'convert'
      readonly pattern: string
      readonly path: FieldPath
      /** Equal to `path` where the value is converted in place. */
      readonly to: FieldPath
      readonly conversion: BuiltInConversion
      /** True where functions of the migration convert, which readers have to be given. */
      readonly custom: boolean
      /** What is made of values that would lose something, by kind; rules that are functions are left out. */
      readonly accept?: PlainAcceptance
      /** The field and value that tell a converted document, where the type cannot. */
      readonly marker?: { readonly path: FieldPath; readonly value: Value }
      /** The app filters or orders by the new field across collections. */
      readonly queried?: boolean
      /** In every entry of a map or every member of a list: the paths are words, readers are not generated for it. */
      readonly spread?: true
    }
  /** Free code over whole documents. */
  | {
      readonly change: 'transform'
      readonly pattern: string
      readonly marker?: { readonly path: FieldPath; readonly value: Value }
    }
  | {
      readonly change: 'move'
      readonly from: string
      readonly to: string
      /** Whole documents, the entries of a map field, or fields. */
      readonly what: 'documents' | 'entries' | 'fields'
      /** The documents of `from` become part of those of `to` (fold, merge), not the other way round. */
      readonly inward: boolean
      readonly path?: FieldPath
      /** Of entries: the field of a document that holds its entry's key, and the one that holds what is not a map. */
      readonly key?: string
      readonly value?: string
      readonly fields?: readonly FieldPath[]
      /** What each of `fields` is called in `to`, in the same order; absent where all keep their names. */
      readonly named?: readonly FieldPath[]
    }
  /** Queries by these fields of the collections with this last name are possible once the step is done. */
  | {
      readonly change: 'index'
      readonly collection: string
      readonly fields: readonly FieldPath[]
      /** Over all collections of the name, not over each by itself. */
      readonly across: boolean
    }
  /** The field of the collections with this last name gets into no index by itself. */
  | { readonly change: 'exempt'; readonly collection: string; readonly path: FieldPath }
