import type { PlainAcceptance } from '../operations/conversions/acceptance.ts'
import type { BuiltInConversion } from '../operations/conversions/built-in-conversion.ts'
import type { CustomConversion } from '../operations/conversions/custom-conversion.ts'
import type { FieldType } from '../operations/conversions/conversion.ts'
import type { FieldPath, Value } from '../stores/documents.ts'
import type { Data } from './data.ts'
import type { Params } from './place-pattern.ts'

/** The field and raw value that tell a document in the new shape. */
export interface Marker {
  readonly path: FieldPath
  readonly value: Value
}

/** What one step of a migration means to readers and writers: plain data, as `lockstep codegen` writes it. */
export type ShapeStep = { readonly migration: string } & (
  | { readonly change: 'add'; readonly path: FieldPath; readonly default: Value }
  /** `given`: the name of the app's function. */
  | { readonly change: 'add'; readonly path: FieldPath; readonly given: string }
  | { readonly change: 'remove'; readonly path: FieldPath }
  | { readonly change: 'rename'; readonly path: FieldPath; readonly to: FieldPath }
  | {
      readonly change: 'convert'
      readonly path: FieldPath
      /** Equal to `path` where the value is converted in place. */
      readonly to: FieldPath
      readonly conversion: BuiltInConversion
      readonly given?: string
      /** What the migration makes of values that would lose something. */
      readonly accept?: PlainAcceptance
      readonly marker?: Marker
    }
  | { readonly change: 'transform'; readonly given: string; readonly marker?: Marker }
)

/** The steps that documents of a pattern have passed or will pass, in their order. */
export interface Shape {
  /** In the newest place; documents of collections that were renamed were elsewhere before. */
  readonly pattern: string
  readonly formerly?: readonly string[]
  readonly steps: readonly ShapeStep[]
}

/** Pure: gets the document as read so far and the placeholders' values; undefined leaves the field absent. */
export type DefaultFunction = (document: Data, params: Params) => unknown

/** The functions of a step's conversion, as in the migration: timestamps and references come as plain views. */
export type ConversionFunctions<From extends FieldType = FieldType, To extends FieldType = FieldType> = Pick<
  CustomConversion<From, To>,
  'up' | 'down'
>

/**
 * What free code does to whole documents, as in the migration. Without a marker `isNew` tells what is in the new shape,
 * and without both `up` has to leave that alone. Placeholders' values are known where a document is read.
 */
export interface TransformFunctions {
  readonly up: (document: Record<string, unknown>, params: Params) => object
  /** What is written before the backfill; the new shape without it. */
  readonly down?: (document: Record<string, unknown>, params: Params) => object
  readonly isNew?: (document: Record<string, unknown>) => boolean
  /** What is written while clients of both shapes live; the new shape without it. */
  readonly both?: (document: Record<string, unknown>) => object
}

/** Functions of the migrations, which the app has to give, by the names that the steps have for them. */
export interface ShapeFunctions {
  readonly defaults?: Readonly<Record<string, DefaultFunction>>
  readonly conversions?: Readonly<Record<string, ConversionFunctions<never, never>>>
  readonly transforms?: Readonly<Record<string, TransformFunctions>>
}
