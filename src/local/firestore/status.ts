import { status } from '@grpc/grpc-js'

/** What a call is refused with: a gRPC status code and the sentence the client shows. */
export interface Refusal extends Error {
  readonly code: status
  readonly details: string
}

/** An error that answers a call with this status. */
export function refusal(code: status, message: string): Refusal {
  return Object.assign(new Error(message), { code, details: message })
}

/** The request itself is wrong; sending it again never helps. */
export const invalid = (message: string): Refusal => refusal(status.INVALID_ARGUMENT, message)

/** Any thrown value as a refusal; what is not one is a defect of this server and answers INTERNAL with its message. */
export function toRefusal(error: unknown): Refusal {
  if (isRefusal(error)) return error
  return refusal(status.INTERNAL, error instanceof Error ? error.message : String(error))
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error
}
