import { findCopy, splitStatements } from '../../stores/pglite/copy-statement.ts'
import type { ClientMessage } from '../../stores/pglite/message-reader.ts'
import { cString, complaint, serverMessage } from '../../stores/pglite/server-messages.ts'
import type { Complaint } from '../../stores/pglite/server-messages.ts'
import { fieldOf } from './engine.ts'
import { readStatementUse } from './statement-names.ts'
import type { StatementUse } from './statement-names.ts'

/** A batch as PGlite shall see it, and how its answers change what we know. */
export interface PreparedBatch {
  readonly bytes: Buffer
  /** Parse messages of statements that the batch needs and that are gone from the session. */
  readonly replays: readonly Buffer[]
  /** To be called for each ParseComplete and CloseComplete, in order. */
  completed(type: '1' | '3'): void
  /** An ErrorResponse with the client's names in it, or our own reason where we refused. */
  rewriteError(response: Buffer): Buffer
  /** The SQL of the batch. */
  readonly texts: readonly string[]
}

/** The prepared statements of one client, under names in the shared session that no other client uses. */
export interface ClientStatements {
  prepare(batch: readonly ClientMessage[]): PreparedBatch
  /** Someone else used the session: its unnamed statement is not ours any more. */
  forgetUnnamed(): void
  /** The client or someone else dropped all statements of the session. */
  clear(): void
  /** Close messages for all that exist; empty when there is none. */
  closeAll(): Buffer
}

/** What PGlite gets instead of a text that we refuse: an error there keeps its state and the client's in step. */
const refusedText = 'LOCKSTEP_REFUSES'

/** `live` are the names that exist in the session, of all clients. */
export function createClientStatements(id: number, live: Set<string>): ClientStatements {
  const names = new Map<string, string>()
  /** Parse messages by name in the session; '' is the unnamed statement. */
  const parsed = new Map<string, Buffer>()
  let unnamedLive = false

  const nameFor = (name: string): string => {
    if (name === '') return ''
    const known = names.get(name) ?? `lockstep_c${id}_${names.size + 1}`
    names.set(name, known)
    return known
  }
  const exists = (name: string): boolean => (name === '' ? unnamedLive : live.has(name))
  const remember = (name: string, parse: Buffer): void => {
    parsed.set(name, parse)
    if (name === '') unnamedLive = true
    else live.add(name)
  }
  const forget = (name: string): void => {
    parsed.delete(name)
    if (name === '') unnamedLive = false
    else live.delete(name)
  }
  const original = (text: string): string =>
    [...names].reduce((all, [client, session]) => all.replaceAll(`"${session}"`, () => `"${client}"`), text)

  const prepare = (batch: readonly ClientMessage[]): PreparedBatch => {
    const effects: { readonly type: '1' | '3'; readonly apply: () => void }[] = []
    const replays = new Map<string, Buffer>()
    const made = new Set<string>()
    const refusals: Complaint[] = []
    const texts: string[] = []
    const replace = (message: ClientMessage): Buffer => {
      if (message.type === 'Q') {
        forget('')
        texts.push(message.bytes.toString('utf8', 5, message.bytes.length - 1))
        return refuse(texts.at(-1) ?? '', refusals, batch.length > 1) ? refusedQuery : message.bytes
      }
      const use = readStatementUse(message)
      if (use === undefined) return message.bytes
      return apply(use, nameFor(use.name))
    }
    const apply = (use: StatementUse, name: string): Buffer => {
      const bytes = use.rename(name)
      if (use.kind === 'close') effects.push({ type: '3', apply: () => forget(name) })
      if (use.kind === 'use' && !made.has(name) && !exists(name)) {
        const parse = parsed.get(name)
        if (parse !== undefined) replays.set(name, parse)
      }
      if (use.kind !== 'parse') return bytes
      made.add(name)
      texts.push(use.sql ?? '')
      if (refuse(use.sql ?? '', refusals, false)) return refusedParse
      effects.push({ type: '1', apply: () => remember(name, bytes) })
      return bytes
    }
    const bytes = Buffer.concat(batch.map(replace))
    return {
      bytes,
      replays: [...replays.values()],
      completed(type) {
        const at = effects.findIndex((effect) => effect.type === type)
        effects.splice(at < 0 ? 0 : at, at < 0 ? 0 : 1)[0]?.apply()
      },
      rewriteError: (response) => rewriteError(response, refusals, original),
      texts,
    }
  }

  return {
    prepare,
    forgetUnnamed: () => void (unnamedLive = false),
    clear: () => {
      parsed.clear()
      live.clear()
      unnamedLive = false
    },
    closeAll() {
      const mine = [...names.values()].filter((name) => live.has(name))
      mine.forEach(forget)
      return Buffer.concat(mine.map((name) => serverMessage('C', Buffer.from('S'), cString(name))))
    },
  }
}

const refusedQuery = serverMessage('Q', cString(refusedText))
const refusedParse = serverMessage('P', cString(''), cString(refusedText), Buffer.alloc(2))

/** COPY FROM STDIN ends PGlite unless its data came with it; LISTEN would hear what others are meant to hear. */
function refuse(sql: string, refusals: Complaint[], dataCameAlong: boolean): boolean {
  const copy = findCopy(sql)
  const listens = /\blisten\b/i.test(sql) && splitStatements(sql).some((statement) => /^listen\b/i.test(statement))
  if (listens) {
    refusals.push({
      severity: 'ERROR',
      code: '0A000',
      message: 'LISTEN is not possible here: all clients of this local server share one session',
      hint: 'use a Postgres server, or poll',
    })
  } else if (copy.fromStdin && !dataCameAlong) {
    refusals.push({
      severity: 'ERROR',
      code: '0A000',
      message: 'COPY FROM STDIN is possible here only alone, as a simple query',
      hint: 'send it without other statements and without preparing it',
    })
  } else return false
  return true
}

function rewriteError(response: Buffer, refusals: Complaint[], original: (text: string) => string): Buffer {
  if (fieldOf(response, 'M').includes(refusedText)) {
    const refusal = refusals.shift()
    if (refusal !== undefined) return complaint(refusal)
  }
  const body = response.toString('utf8', 5)
  return body.includes('lockstep_c') ? serverMessage('E', Buffer.from(original(body))) : response
}
