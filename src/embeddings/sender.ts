import { backoffDelay } from '../kernel/backoff.ts'
import type { Backoff } from '../kernel/backoff.ts'
import type { Clock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { CallOutcome, EmbeddingCall, ParsedAnswer } from './call.ts'
import type { Sendable } from './calling-embedder.ts'
import { checkVector, wrongAnswer } from './check-answer.ts'
import type { CallWatch, Embedded, EmbeddingModel } from './embedder.ts'
import { refusedRequest } from './failure.ts'
import type { CallFailure } from './failure.ts'
import type { EmbeddingPace } from './pace.ts'
import type { RateNews } from './rate-news.ts'

export interface SenderOptions {
  readonly model: EmbeddingModel
  readonly call: EmbeddingCall
  readonly pace?: EmbeddingPace | undefined
  readonly normalise?: boolean | undefined
  readonly clock: Clock
}

export interface SendContext {
  readonly signal: AbortSignal
  readonly watch: CallWatch
}

/** For failures that may go away: about two minutes in all. */
const backoff: Backoff = { first: 500, longest: 30_000, repeats: 8 }
/** Refusals for a rate limit in a row, each after its pause, before a call is given up. */
const mostWaits = 30
/** Sent to tell whether a text or the request itself is refused. */
const probe: Sendable = { text: 'lockstep', place: -1, tokens: 3, bytes: 8 }

type Settled = { readonly answers: readonly Embedded[] } | { readonly failure: CallFailure; readonly news: RateNews }

/** Sends batches until each of their texts has an answer. Throws LockstepError for what is not one text's fault. */
export function createSender({ model, call, pace, normalise = false, clock }: SenderOptions): {
  send(batch: readonly Sendable[], context: SendContext): Promise<void>
} {
  /** A call of this embedder was answered: the request itself is right. */
  let proven = false

  async function once(batch: readonly Sendable[], { signal, watch }: SendContext): Promise<Settled> {
    signal.throwIfAborted()
    const tokens = batch.reduce((sum, each) => sum + each.tokens, 0)
    await pace?.take(tokens, signal)
    signal.throwIfAborted()
    const settle = await watch.reserve(tokens)
    const outcome = await call(batch.map(({ text }) => text))
    await settle(chargedFor(outcome, tokens))
    if ('failure' in outcome) return outcome
    await pace?.learn(outcome.news)
    return checked(outcome, batch)
  }

  function checked({ vectors, news }: ParsedAnswer & { readonly news: RateNews }, batch: readonly Sendable[]): Settled {
    const missing = batch.some((_, at) => vectors[at] === undefined)
    if (missing || vectors.length !== batch.length) {
      const why = `${model.provider} answered ${vectors.length} of ${batch.length} texts, or not each once`
      return { failure: { kind: 'again', why, charged: true, answered: true }, news }
    }
    proven = true
    return { answers: vectors.map((vector) => checkVector(vector ?? [], model, normalise)) }
  }

  /** The same call until it was answered or refused for good. */
  async function patiently(batch: readonly Sendable[], context: SendContext): Promise<Settled> {
    const turns = { wait: 0, again: 0 }
    for (;;) {
      const settled = await once(batch, context)
      if (!('failure' in settled)) return settled
      const { failure, news } = settled
      if (failure.kind !== 'wait' && failure.kind !== 'again') return settled
      const turn = turns[failure.kind]++
      if (turn >= (failure.kind === 'wait' ? mostWaits : backoff.repeats)) throw givenUp(failure)
      const delay = backoffDelay(backoff, turn)
      if (failure.kind === 'again') await clock.sleep(delay, context.signal)
      else await pauseAll(news, delay, context.signal)
    }
  }

  /** A refusal for a rate limit is about the account: all calls wait for as long as the provider says. */
  async function pauseAll(news: RateNews, delay: number, signal: AbortSignal): Promise<void> {
    const spent = [news.requests, news.tokens].filter(({ remaining }) => remaining === 0)
    const resets = spent.flatMap(({ reset }) => (reset === undefined ? [] : [reset]))
    const pause = news.pause ?? (resets.length > 0 ? Math.max(...resets) : delay)
    if (pace === undefined) await clock.sleep(pause, signal)
    else await pace.learn({ ...news, pause })
  }

  async function send(batch: readonly Sendable[], context: SendContext): Promise<void> {
    const settled = await patiently(batch, context)
    const places = batch.map(({ place }) => place)
    if (!('failure' in settled)) return context.watch.answered(places, settled.answers)
    const { failure } = settled
    if (failure.kind === 'stop') throw failure.error
    if (failure.kind === 'unclear' && !proven) await requireProof(failure.why, context)
    if (batch.length === 1) return context.watch.answered(places, [{ failed: failure.why }])
    const middle = Math.ceil(batch.length / 2)
    await send(batch.slice(0, middle), context)
    await send(batch.slice(middle), context)
  }

  async function requireProof(why: string, context: SendContext): Promise<void> {
    const settled = await patiently([probe], context)
    if (!('failure' in settled)) return
    throw settled.failure.kind === 'stop' ? settled.failure.error : refusedRequest(why)
  }

  return { send }
}

/** What a call cost: what the provider says, else what was reserved, also where nobody knows. */
function chargedFor(outcome: CallOutcome, reserved: number): number {
  if (!('failure' in outcome)) return outcome.tokens ?? reserved
  return outcome.failure.kind === 'again' && outcome.failure.charged ? reserved : 0
}

function givenUp(failure: Extract<CallFailure, { readonly kind: 'wait' | 'again' }>): LockstepError {
  if (failure.kind === 'again' && failure.answered === true) return wrongAnswer(failure.why)
  return new LockstepError('LS-3012', `${failure.why}, and every repeat failed as well`, {
    hint: 'run the command again when the provider answers: what was paid for is kept',
  })
}
