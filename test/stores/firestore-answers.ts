import type { Calls } from './firestore-calls.ts'

/** Answers by what was asked: a reply, or the status code of the refusal. */
export type Answers = Readonly<Record<string, unknown>>

/** Asks one question after the other and notes each answer in a form that is the same on every server. */
export interface Interview {
  readonly calls: Calls
  readonly answers: Answers
  readonly ask: (question: string, call: () => Promise<unknown>) => Promise<void>
}

export function createInterview(calls: Calls): Interview {
  const answers: Record<string, unknown> = {}
  return {
    calls,
    answers,
    ask: async (question, call) => {
      if (question in answers) throw new Error(`asked twice: ${question}`)
      answers[question] = await answerOf(call, calls)
    },
  }
}

/** The reply without times, tokens and the project; a refusal as its code. */
export async function answerOf(call: () => Promise<unknown>, calls: Calls): Promise<unknown> {
  try {
    return plain(await call(), calls.database)
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'number') return { refused: error.code }
    throw error
  }
}

const unstable: ReadonlySet<string> = new Set([
  'transaction',
  'valueType',
  'message',
  'explainMetrics',
  'continuationSelector',
  'details',
])

function plain(value: unknown, database: string): unknown {
  if (typeof value === 'string') return value.replaceAll(database, 'DATABASE')
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map((item) => plain(item, database))
  if (value instanceof Uint8Array) return `base64:${Buffer.from(value).toString('base64')}`
  if (typeof value !== 'object' || value === null) return value
  if ('seconds' in value && Number(value.seconds) > 1_750_000_000) return 'TIME'
  const entries = Object.entries(value).filter(([key, item]) => !unstable.has(key) && item !== null)
  return Object.fromEntries(
    entries
      .map(([key, item]): [string, unknown] => [key, key === 'nextPageToken' ? item !== '' : plain(item, database)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}
