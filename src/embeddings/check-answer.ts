import { LockstepError } from '../kernel/errors.ts'
import type { Embedded, EmbeddingModel } from './embedder.ts'
import type { RawVector } from './call.ts'

/** How far from 1 the length of a normalised vector may be: floats of half the width are not farther. */
const tolerance = 1e-3

/**
 * The answer to one text. `normalise` divides by its length. Throws LS-3013 where the model itself is not the one that is
 * configured: another dimension, or another length than 1 where that is promised.
 */
export function checkVector(raw: RawVector, model: EmbeddingModel, normalise: boolean): Embedded {
  if (raw.length !== model.dimensions)
    throw wrong(model, `vectors have ${raw.length} dimensions instead of ${model.dimensions}`, 'dimensions')
  const vector = Float32Array.from(raw)
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (!Number.isFinite(length)) return { failed: `${model.provider} answered with a value that is not a number` }
  if (length === 0) return { failed: `${model.provider} answered with a vector of length 0` }
  if (normalise) return { vector: vector.map((value) => value / length) }
  if (model.normalised && Math.abs(length - 1) > tolerance)
    throw wrong(model, `vectors have length ${length.toPrecision(4)} instead of 1`, 'normalise: true')
  return { vector }
}

function wrong({ provider, model }: EmbeddingModel, what: string, setting: string): LockstepError {
  return new LockstepError('LS-3013', `${provider} ${model}: ${what}`, {
    hint: `set ${setting} of the embedder to what the model gives, or name another model`,
  })
}

/** The provider went on answering what cannot be used. */
export function wrongAnswer(why: string): LockstepError {
  return new LockstepError('LS-3013', why, { hint: 'run the command again; where it stays, ask the provider' })
}
