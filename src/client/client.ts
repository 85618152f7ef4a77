export { createConverter } from './converter.ts'
export type {
  ConverterOptions,
  SetOptionsLike,
  ShapeConverter,
  SnapshotLike,
  UpdateArguments,
  WrittenData,
} from './converter.ts'
export type { Data } from './data.ts'
export type { Move } from './move.ts'
export { applyWrites, bothPaths, collectionPath, placesOf, readEntries, readMoved, writeMoved } from './moves.ts'
export type { MovedWrite } from './moves.ts'
export { phaseDocumentPath, serverSource, webSource } from './phase-source.ts'
export type { PhaseSource, WebFunctions } from './phase-source.ts'
export { fixedPhases } from './phases.ts'
export type { ClientPhase, Phases } from './phases.ts'
export type { BytesLike, GeoPointLike, ReferenceLike, Sdk, TimestampLike, VectorLike } from './sdk.ts'
export type { ConversionFunctions, DefaultFunction, Shape, ShapeStep, TransformFunctions } from './shape.ts'
export { createVectorPointers } from './vector-pointers.ts'
export type { PointerOptions, QueryFunction, VectorPointer, VectorPointers } from './vector-pointers.ts'
export { watchPhases } from './watch-phases.ts'
export type { WatchOptions } from './watch-phases.ts'
export { LockstepError } from '../kernel/errors.ts'
