import type { Embedded } from './embedder.ts'
import { refusedRequest } from './failure.ts'
import { callPatiently } from './patient-call.ts'
import type { CallContext, PatientCallOptions, Sendable } from './patient-call.ts'

export interface SendContext<Text> extends CallContext {
  /** As soon as some texts of a batch have their answers. Awaited. */
  answered(texts: readonly Text[], answers: readonly Embedded[]): Promise<void>
}

/** Sends batches until each of their texts has an answer. */
export interface Sender {
  /** Throws LockstepError for what is not one text's fault. */
  send<Text extends Sendable>(batch: readonly Text[], context: SendContext<Text>): Promise<void>
}

/** Sent to tell whether a text or the request itself is refused. */
const probe: Sendable = { text: 'lockstep', tokens: 3, bytes: 8 }

/** A call that is refused for one of its texts, or for its size, is halved until what is refused is alone. */
export function createSender(options: PatientCallOptions): Sender {
  /** A call of this embedder was answered: the request itself is right. */
  let proven = false

  async function send<Text extends Sendable>(batch: readonly Text[], context: SendContext<Text>): Promise<void> {
    const settled = await callPatiently(options, batch, context)
    if (!('failure' in settled)) {
      proven = true
      return context.answered(batch, settled.answers)
    }
    const { failure } = settled
    if (failure.kind === 'stop') throw failure.error
    if (failure.kind === 'unclear' && !proven) await requireProof(failure.why, context)
    if (batch.length === 1) return context.answered(batch, [{ failed: failure.why }])
    const middle = Math.ceil(batch.length / 2)
    await send(batch.slice(0, middle), context)
    await send(batch.slice(middle), context)
  }

  async function requireProof(why: string, context: CallContext): Promise<void> {
    const settled = await callPatiently(options, [probe], context)
    if (!('failure' in settled)) proven = true
    else throw settled.failure.kind === 'stop' ? settled.failure.error : refusedRequest(why)
  }

  return { send }
}
