import { LockstepError } from '../../kernel/errors.ts'
import type { DocumentTarget, WriteResult } from '../documents.ts'
import type { RawStatus } from './protocol.ts'

type Rejection = Extract<WriteResult, { ok: false }>

/** gRPC status codes by number. */
const statusNames: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** Stands where a gRPC code would for what failed on this side, like credentials that cannot be loaded. */
const clientFailure = -1

/** The status of a failed call, also of one that failed before it was sent. */
export function statusOf(error: unknown): RawStatus {
  if (typeof error !== 'object' || error === null) return { code: clientFailure, message: String(error) }
  const code = 'code' in error && typeof error.code === 'number' ? error.code : clientFailure
  const details = 'details' in error && typeof error.details === 'string' ? error.details : ''
  const message = 'message' in error && typeof error.message === 'string' ? error.message : ''
  return { code, message: details === '' ? message : details }
}

/** The status by name, `CODE_17` for a number that is not known. */
function statusName(code: number): string {
  return code === clientFailure ? 'CLIENT' : (statusNames[code] ?? `CODE_${code}`)
}

/** Reads that ended so are worth repeating: the server was away, slow, busy or broke the stream. */
export function isRetryableRead(code: number): boolean {
  return code === 14 || code === 4 || code === 13 || code === 8 || code === 10 || code === 2
}

/** What the status of one write, or of a whole atomic commit, means to the caller. */
export function rejection(status: RawStatus): Rejection {
  return { ok: false, kind: kindOf(status.code), status: statusName(status.code), message: status.message }
}

function kindOf(code: number): Rejection['kind'] {
  switch (code) {
    case 5:
    case 6:
    case 9:
      return 'conflict'
    case 4:
    case 10:
    case 13:
    case 14:
      return 'transient'
    case 8:
      return 'throttled'
    default:
      return 'refused'
  }
}

/** After such an end of a writing call nobody knows whether the server carried it out. */
export function isFateUnknown(code: number): boolean {
  return code === 1 || code === 2 || code === 4 || code === 13 || code === 14
}

/** The request has more bytes than the server takes: sending less helps, sending again does not. */
export function isTooLarge(status: RawStatus): boolean {
  return (
    (status.code === 8 || status.code === 3) &&
    /exceeds maximum size|larger than max|request payload size|too big/i.test(status.message)
  )
}

/**
 * A failed call as LS-3001 (the server is away) or LS-3004 (it said no). `doing` says what was going on, like "counting chats".
 * The server's own words are in `why`.
 */
export function storeError(error: unknown, target: DocumentTarget, doing: string): LockstepError {
  const status = statusOf(error)
  const server = target.emulator ?? 'Firestore'
  const why = `${statusName(status.code)}: ${status.message}`
  const where = { name: `projects/${target.project}/databases/${target.database}` }
  if (status.code === 14 || status.code === 4 || status.code === 1) {
    return new LockstepError('LS-3001', `${server} cannot be reached while ${doing}`, {
      why,
      where,
      hint: reachHint(target),
      cause: error,
    })
  }
  const hint = refusalHint(status, target)
  const what =
    status.code === clientFailure
      ? `${doing} failed before ${server} was asked`
      : `${server} refused a request while ${doing}`
  return new LockstepError('LS-3004', what, {
    why,
    where,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}

const signIn = 'sign in with `gcloud auth application-default login`, or set the key file'

function reachHint(target: DocumentTarget): string {
  return target.emulator === undefined
    ? 'check the network and that firestore.googleapis.com can be reached from here'
    : `start the emulator on ${target.emulator}, or run \`lockstep local\` and use the host it prints`
}

function refusalHint(status: RawStatus, target: DocumentTarget): string | undefined {
  switch (status.code) {
    case 5:
      return `check that project '${target.project}' has a Firestore database '${target.database}'`
    case 7:
      return `give the account the role roles/datastore.user in project '${target.project}', and check the project's name`
    case 8:
      return 'a quota or rate limit was reached; wait, or lower the pace'
    case 9:
      return 'if the reason names an index, create it and wait until it is READY'
    case 16:
      return signIn
    default:
      return /credential|authenticat/i.test(status.message) ? signIn : undefined
  }
}
