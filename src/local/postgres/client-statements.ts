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

interface Registry {
  readonly id: number
  /** Names in the session, of all clients. */
  readonly live: Set<string>
  /** The client's name to the session's. */
  readonly names: Map<string, string>
  /** Parse messages by name in the session; '' is the unnamed statement. */
  readonly parsed: Map<string, Buffer>
  unnamedLive: boolean
}

/** `live` are the names that exist in the session, of all clients. */
export function createClientStatements(id: number, live: Set<string>): ClientStatements {
  const registry: Registry = { id, live, names: new Map(), parsed: new Map(), unnamedLive: false }
  return {
    prepare: (batch) => prepareBatch(registry, batch),
    forgetUnnamed: () => void (registry.unnamedLive = false),
    clear: () => {
      registry.parsed.clear()
      live.clear()
      registry.unnamedLive = false
    },
    closeAll() {
      const mine = [...registry.names.values()].filter((name) => live.has(name))
      mine.forEach((name) => forget(registry, name))
      return Buffer.concat(mine.map((name) => serverMessage('C', Buffer.from('S'), cString(name))))
    },
  }
}

function nameFor({ id, names }: Registry, name: string): string {
  if (name === '') return ''
  const known = names.get(name) ?? `lockstep_c${id}_${names.size + 1}`
  names.set(name, known)
  return known
}

function remember(registry: Registry, name: string, parse: Buffer): void {
  registry.parsed.set(name, parse)
  if (name === '') registry.unnamedLive = true
  else registry.live.add(name)
}

function forget(registry: Registry, name: string): void {
  registry.parsed.delete(name)
  if (name === '') registry.unnamedLive = false
  else registry.live.delete(name)
}

interface Preparation {
  readonly registry: Registry
  /** What the answers ParseComplete and CloseComplete will mean. */
  readonly effects: { readonly type: '1' | '3'; readonly apply: () => void }[]
  readonly replays: Map<string, Buffer>
  /** Names that the batch itself prepares. */
  readonly made: Set<string>
  readonly refusals: Complaint[]
  readonly texts: string[]
}

function prepareBatch(registry: Registry, batch: readonly ClientMessage[]): PreparedBatch {
  const preparation: Preparation = {
    registry,
    effects: [],
    replays: new Map(),
    made: new Set(),
    refusals: [],
    texts: [],
  }
  const { effects, replays, refusals, texts } = preparation
  const bytes = Buffer.concat(
    batch.map((message) => {
      if (message.type === 'Q') return prepareQuery(preparation, message, batch.length > 1)
      const use = readStatementUse(message)
      return use === undefined ? message.bytes : prepareUse(preparation, use)
    }),
  )
  return {
    bytes,
    replays: [...replays.values()],
    completed(type) {
      const at = effects.findIndex((effect) => effect.type === type)
      if (at >= 0) effects.splice(at, 1)[0]?.apply()
    },
    rewriteError: (response) => rewriteError(response, refusals, registry.names),
    texts,
  }
}

/** A simple query destroys the unnamed statement. */
function prepareQuery({ registry, refusals, texts }: Preparation, { bytes }: ClientMessage, withData: boolean): Buffer {
  forget(registry, '')
  const sql = bytes.toString('utf8', 5, bytes.length - 1)
  texts.push(sql)
  return refuse(sql, refusals, withData) ? refusedQuery : bytes
}

function prepareUse({ registry, effects, replays, made, refusals, texts }: Preparation, use: StatementUse): Buffer {
  const name = nameFor(registry, use.name)
  const bytes = use.rename(name)
  switch (use.kind) {
    case 'close':
      effects.push({ type: '3', apply: () => forget(registry, name) })
      return bytes
    case 'use': {
      const parse = registry.parsed.get(name)
      const exists = made.has(name) || (name === '' ? registry.unnamedLive : registry.live.has(name))
      if (parse !== undefined && !exists) replays.set(name, parse)
      return bytes
    }
    case 'parse': {
      const sql = use.sql ?? ''
      made.add(name)
      texts.push(sql)
      if (refuse(sql, refusals, false)) return refusedParse
      effects.push({ type: '1', apply: () => remember(registry, name, bytes) })
      return bytes
    }
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

function rewriteError(response: Buffer, refusals: Complaint[], names: ReadonlyMap<string, string>): Buffer {
  if (fieldOf(response, 'M').includes(refusedText)) {
    const refusal = refusals.shift()
    if (refusal !== undefined) return complaint(refusal)
  }
  const body = response.toString('utf8', 5)
  if (!body.includes('lockstep_c')) return response
  const renamed = [...names].reduce(
    (text, [client, session]) => text.replaceAll(`"${session}"`, () => `"${client}"`),
    body,
  )
  return serverMessage('E', Buffer.from(renamed))
}
