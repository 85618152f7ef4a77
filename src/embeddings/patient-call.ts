import { backoffDelay } from '../kernel/backoff.ts'
import type { Backoff } from '../kernel/backoff.ts'
import type { Clock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { CallOutcome, EmbeddingCall } from './call.ts'
import { checkVector, wrongAnswer } from './check-answer.ts'
import type { CallWatch, Embedded, EmbeddingModel } from './embedder.ts'
import type { CallFailure } from './failure.ts'
import type { EmbeddingPace } from './pace.ts'
import type { Weighed } from './packing.ts'
import type { RateNews } from './rate-news.ts'

/** A text that is to be sent. */
export interface Sendable extends Weighed {
  readonly text: string
}

export interface PatientCallOptions {
  readonly model: EmbeddingModel
  readonly call: EmbeddingCall
  readonly pace?: EmbeddingPace | undefined
  /** Divide answers by their length. */
  readonly normalise?: boolean | undefined
  readonly clock: Clock
}

/** What a call is told to while it is made. */
export interface CallContext extends Pick<CallWatch, 'reserve'> {
  readonly signal: AbortSignal
}

/** For failures that may go away: about two minutes in all. */
const backoff: Backoff = { first: 500, longest: 30_000, repeats: 8 }
/** Refusals for a rate limit in a row, each after its pause, before a call is given up. */
const mostWaits = 30

/** One call with all these texts, paced and counted. */
async function callOnce(
  { model, call, pace, normalise = false }: PatientCallOptions,
  batch: readonly Sendable[],
  { signal, reserve }: CallContext,
): Promise<Attempt> {
  signal.throwIfAborted()
  const tokens = batch.reduce((sum, each) => sum + each.tokens, 0)
  await pace?.take(tokens, signal)
  signal.throwIfAborted()
  const settle = await reserve(tokens)
  const outcome = await call(batch.map(({ text }) => text))
  await settle(chargedFor(outcome, tokens))
  if ('failure' in outcome) return outcome
  const { vectors, news } = outcome
  await pace?.learn(news)
  if (vectors.length === batch.length && batch.every((_, at) => vectors[at] !== undefined))
    return { answers: vectors.map((vector) => checkVector(vector ?? [], model, normalise)) }
  const why = `${model.provider} answered ${vectors.length} of ${batch.length} texts, or not each once`
  return { failure: { kind: 'again', why, charged: true, answered: true }, news }
}

type Answered = { readonly answers: readonly Embedded[] }
type Attempt = Answered | { readonly failure: CallFailure; readonly news: RateNews }
type Passing = Extract<CallFailure, { readonly kind: 'wait' | 'again' }>

/** What is left when waiting and repeating were of no use, or of no need. */
export type Settled = Answered | { readonly failure: Exclude<CallFailure, Passing> }

/** The same call until it is answered or refused for good. Throws LS-3012 or LS-3013 where it goes on failing. */
export async function callPatiently(
  options: PatientCallOptions,
  batch: readonly Sendable[],
  context: CallContext,
): Promise<Settled> {
  const turns = { wait: 0, again: 0 }
  for (;;) {
    const attempt = await callOnce(options, batch, context)
    if (!('failure' in attempt)) return attempt
    const { failure, news } = attempt
    if (failure.kind !== 'wait' && failure.kind !== 'again') return { failure }
    const turn = turns[failure.kind]++
    if (turn >= (failure.kind === 'wait' ? mostWaits : backoff.repeats)) throw givenUp(failure)
    const delay = backoffDelay(backoff, turn)
    if (failure.kind === 'again') await options.clock.sleep(delay, context.signal)
    else await pauseAll(options, { ...news, pause: pauseOf(news) ?? delay }, context.signal)
  }
}

/** A refusal for a rate limit is about the account: all its calls wait for as long as the provider says. */
async function pauseAll(
  { pace, clock }: PatientCallOptions,
  news: RateNews & { readonly pause: number },
  signal: AbortSignal,
): Promise<void> {
  if (pace === undefined) await clock.sleep(news.pause, signal)
  else await pace.learn(news)
}

function pauseOf({ requests, tokens, pause }: RateNews): number | undefined {
  const resets = [requests, tokens].flatMap(({ remaining, reset }) => (remaining === 0 ? (reset ?? []) : []))
  return pause ?? (resets.length > 0 ? Math.max(...resets) : undefined)
}

/** What a call cost: what the provider says, else what was reserved, also where nobody knows. */
function chargedFor(outcome: CallOutcome, reserved: number): number {
  if (!('failure' in outcome)) return outcome.tokens ?? reserved
  return outcome.failure.kind === 'again' && outcome.failure.charged ? reserved : 0
}

function givenUp(failure: Passing): LockstepError {
  if (failure.kind === 'again' && failure.answered === true) return wrongAnswer(failure.why)
  return new LockstepError('LS-3012', `${failure.why}, and every repeat failed as well`, {
    hint: 'run the command again when the provider answers: what was paid for is kept',
  })
}
