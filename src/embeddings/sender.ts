import { refusedRequest } from './failure.ts'
import { callPatiently } from './patient-call.ts'
import type { PatientCallOptions, Sendable, SendContext } from './patient-call.ts'

/** Sends batches until each of their texts has an answer. */
export interface Sender {
  /** Throws LockstepError for what is not one text's fault. */
  send(batch: readonly Sendable[], context: SendContext): Promise<void>
}

/** Sent to tell whether a text or the request itself is refused. */
const probe: Sendable = { text: 'lockstep', place: -1, tokens: 3, bytes: 8 }

/** A call that is refused for one of its texts, or for its size, is halved until what is refused is alone. */
export function createSender(options: PatientCallOptions): Sender {
  /** A call of this embedder was answered: the request itself is right. */
  let proven = false

  async function send(batch: readonly Sendable[], context: SendContext): Promise<void> {
    const settled = await callPatiently(options, batch, context)
    const places = batch.map(({ place }) => place)
    if (!('failure' in settled)) {
      proven = true
      return context.watch.answered(places, settled.answers)
    }
    const { failure } = settled
    if (failure.kind === 'stop') throw failure.error
    if (failure.kind === 'unclear' && !proven) await requireProof(failure.why, context)
    if (batch.length === 1) return context.watch.answered(places, [{ failed: failure.why }])
    const middle = Math.ceil(batch.length / 2)
    await send(batch.slice(0, middle), context)
    await send(batch.slice(middle), context)
  }

  async function requireProof(why: string, context: SendContext): Promise<void> {
    const settled = await callPatiently(options, [probe], context)
    if (!('failure' in settled)) proven = true
    else throw settled.failure.kind === 'stop' ? settled.failure.error : refusedRequest(why)
  }

  return { send }
}
