import { LockstepError } from '../kernel/errors.ts'

/** What a call that brought no vectors means for the texts in it. `why` names no content. */
export type CallFailure =
  /** A rate limit: nothing was done, the same call again after the pause. */
  | { readonly kind: 'wait'; readonly why: string }
  /**
   * May go away by itself. `charged`: whether the provider may have done, and charged for, the work; `answered`: there was an
   * answer, of no use.
   */
  | { readonly kind: 'again'; readonly why: string; readonly charged: boolean; readonly answered?: boolean }
  /** The call as a whole is too large. */
  | { readonly kind: 'large'; readonly why: string }
  /** A text in it is at fault. */
  | { readonly kind: 'item'; readonly why: string }
  /** A text or the request itself: another call tells. */
  | { readonly kind: 'unclear'; readonly why: string }
  /** Nothing that is sent to this provider can succeed. */
  | { readonly kind: 'stop'; readonly error: LockstepError }

export interface Refusal {
  readonly provider: string
  readonly status: number
  /** The body of the answer; only words of the provider's own code are ever shown. */
  readonly body: string
}

const tooLong =
  /maximum context length|context length|too long|max(imum)?_?\s?(input_?)?tokens|token limit|exceeds? .*tokens/i
const tooLarge = /max_tokens_per_request|array too long|too many (inputs|texts|items)|payload too large|batch size/i
const spent = /insufficient_quota|billing_hard_limit|credit balance|exceeded your current quota|quota_exceeded/i

/** What an answer with an error status means. */
export function classifyRefusal({ provider, status, body }: Refusal): CallFailure {
  const why = `${provider} answered ${status}${codeIn(body)}`
  if (status >= 500 || status === 408 || status === 409) return { kind: 'again', why, charged: false }
  switch (status) {
    case 401:
    case 403:
      return stop('LS-3010', `${why}: the key is refused`, keyHint)
    case 402:
      return stop('LS-3011', why, quotaHint)
    case 429:
      return spent.test(body) ? stop('LS-3011', why, quotaHint) : { kind: 'wait', why }
    case 413:
      return { kind: 'large', why }
    case 400:
    case 422:
      return classifyBad(body, why)
    case 404:
    case 405:
      return stop('LS-3014', `${why}: no such model or address`, requestHint)
    default:
      return stop('LS-3014', why, requestHint)
  }
}

/** The provider's own word for it, with a space before; never its sentence, which may repeat the text. */
function codeIn(body: string): string {
  const code = /"(?:code|type|status)"\s*:\s*"([A-Za-z0-9_.-]{1,64})"/.exec(body)?.[1]
  return code === undefined ? '' : ` ${code}`
}

function classifyBad(body: string, why: string): CallFailure {
  if (tooLarge.test(body)) return { kind: 'large', why }
  if (tooLong.test(body)) return { kind: 'item', why: `${why}: the text is too long for the model` }
  return { kind: 'unclear', why }
}

const keyHint = "check the variable that the embedder's apiKey names, and that the key may use this model"
const quotaHint =
  'raise the budget of the account, or wait for its next period, and run the command again: what was paid for is kept'
const requestHint = 'check model, dimensions, baseUrl and task of the embedder in lockstep.config.ts'

function stop(code: 'LS-3010' | 'LS-3011' | 'LS-3014', message: string, hint: string): CallFailure {
  return { kind: 'stop', error: new LockstepError(code, message, { hint }) }
}

/** The whole request is refused, whatever text is in it. */
export function refusedRequest(why: string): LockstepError {
  return new LockstepError('LS-3014', `${why}, also to a call with one short text`, { hint: requestHint })
}

/** The connection failed or was cut, or no answer came in time: the provider may have done the work. */
export function classifyBroken(provider: string, cause: unknown): CallFailure {
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError'
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
  const code = typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : undefined
  const sent = code === undefined || !/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT/.test(code)
  const why = timedOut ? 'no answer in time' : `the connection failed${code === undefined ? '' : `: ${code}`}`
  return { kind: 'again', why: `${provider}: ${why}`, charged: sent }
}
