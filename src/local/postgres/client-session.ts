import type { ClientMessage } from '../../stores/pglite/message-reader.ts'
import { cString, readyForQuery, serverMessage } from '../../stores/pglite/server-messages.ts'
import { createClientStatements } from './client-statements.ts'
import type { PreparedBatch } from './client-statements.ts'
import { ServerComplaint, askWith } from './engine.ts'
import type { Engine, Owner } from './engine.ts'
import { createResponseFilter, textOf } from './response-filter.ts'
import { applySettings, customSettingNames, loadPins, loadSettings, reportSettings } from './session-state.ts'
import type { Baseline, Settings } from './session-state.ts'

/** One client's view of the shared session, as if it were its own. */
export interface ClientSession {
  /** Applies the settings a client logs in with; gives the settings it must be told. Throws ServerComplaint. */
  login(settings: Settings): Promise<readonly Buffer[]>
  /**
   * Runs one batch: a simple query (with the data of its COPY), or extended messages up to Sync or Flush. Waits for
   * the session first unless this client still has it.
   */
  execute(batch: readonly ClientMessage[], send: (bytes: Buffer) => void): Promise<void>
  /** Why the session cannot go to someone else between two batches; `undefined` when it can. */
  holds(): string | undefined
  /** Rolls back, removes every trace of the client and gives the session back. */
  end(): Promise<void>
}

export function createClientSession(id: number, engine: Engine, baseline: Baseline): ClientSession {
  const statements = createClientStatements(id, engine.statements)
  const told = new Map<string, string>()
  let settings: Settings = new Map()
  const customNames = new Set<string>()
  let settingsTouched = false
  let setsByFunction = false
  let away = true
  let release: (() => void) | undefined
  let reason: string | undefined

  const owner: Owner = {
    async leave() {
      away = true
      await engine.ask(`${baseline.reset}; DISCARD SEQUENCES`)
    },
  }
  const enter = async (): Promise<void> => {
    if (release !== undefined) return
    release = await engine.acquire(owner)
    if (!away) return
    away = false
    statements.forgetUnnamed()
    await applySettings(engine, settings)
  }
  const giveBack = (): void => {
    reason = undefined
    release?.()
    release = undefined
  }
  /** After a transaction: what to keep, and whether others may come. */
  const settle = async (send: (bytes: Buffer) => void): Promise<void> => {
    if (settingsTouched || setsByFunction) {
      settings = await loadSettings(engine, baseline, customNames)
      ;(await reportSettings(engine, told)).forEach(send)
      statements.forgetUnnamed()
      settingsTouched = false
    }
    const pins = await loadPins(engine)
    reason = pins.length === 0 ? undefined : pins.join(', ')
    if (reason === undefined) giveBack()
  }
  const noteTag = (tag: string): void => {
    if (['SET', 'RESET', 'DISCARD ALL'].includes(tag)) settingsTouched = true
    if (['DEALLOCATE ALL', 'DISCARD ALL'].includes(tag)) statements.clear()
  }
  const run = async (prepared: PreparedBatch, copying: boolean, send: (bytes: Buffer) => void): Promise<Buffer | undefined> => {
    let ready: Buffer | undefined
    const completed = (type: '1' | '3') => () => (prepared.completed(type), 'pass' as const)
    const judges = {
      '1': completed('1'),
      '3': completed('3'),
      C: (message: Buffer) => (noteTag(textOf(message)), 'pass' as const),
      E: (message: Buffer) => prepared.rewriteError(message),
      // We have told the client already that its data may come.
      G: () => (copying ? ('drop' as const) : ('pass' as const)),
      Z: (message: Buffer) => ((ready = message), 'drop' as const),
    }
    const filter = createResponseFilter(judges, send)
    await engine.run(prepared.bytes, (data) => filter.push(data))
    return ready
  }

  return {
    async login(wanted) {
      await enter()
      try {
        await applySettings(engine, wanted)
        wanted.forEach((_value, name) => name.includes('.') && customNames.add(name))
        settings = await loadSettings(engine, baseline, customNames)
        return await reportSettings(engine, told)
      } finally {
        giveBack()
      }
    },
    async execute(batch, send) {
      // A Flush with nothing before it has nothing to wait for, so it must not hold the session until a Sync.
      if (release === undefined && batch.length === 1 && batch[0]?.type === 'H') return
      await enter()
      const prepared = statements.prepare(batch)
      setsByFunction ||= prepared.texts.some((text) => /set_config/i.test(text))
      prepared.texts.flatMap(customSettingNames).forEach((name) => customNames.add(name))
      for (const parse of prepared.replays) await replay(engine, parse)
      const ready = await run(prepared, batch.some(({ type }) => type === 'c' || type === 'f'), send)
      if (ready === undefined) {
        reason = 'a batch without its Sync'
        return
      }
      if (ready.equals(readyForQuery('I'))) await settle(send)
      else reason = 'a transaction'
      send(ready)
    },
    holds: () => reason,
    async end() {
      const close = statements.closeAll()
      if (release === undefined && close.length === 0) return
      try {
        release ??= await engine.acquire(owner)
        await askWith(engine.run, Buffer.concat([close, serverMessage('S'), serverMessage('Q', cString('ROLLBACK'))]))
        if (reason !== undefined) await removeTraces(engine)
      } finally {
        giveBack()
      }
    },
  }
}

/** A statement that cannot be prepared again is one that does not exist: its use says so. */
async function replay(engine: Engine, parse: Buffer): Promise<void> {
  try {
    await askWith(engine.run, Buffer.concat([parse, serverMessage('S')]))
  } catch (error) {
    if (!(error instanceof ServerComplaint)) throw error
  }
}

async function removeTraces(engine: Engine): Promise<void> {
  await engine.ask('CLOSE ALL; SELECT pg_advisory_unlock_all(); DISCARD TEMP')
  const prepared = await engine.ask('SELECT quote_ident(name) FROM pg_prepared_statements WHERE from_sql')
  for (const [name] of prepared) await engine.ask(`DEALLOCATE ${name ?? ''}`)
}
