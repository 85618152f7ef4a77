import type { ClientMessage } from '../../stores/pglite/message-reader.ts'
import { cString, readyForQuery, serverMessage } from '../../stores/pglite/server-messages.ts'
import { createClientStatements } from './client-statements.ts'
import type { ClientStatements, PreparedBatch } from './client-statements.ts'
import { ServerComplaint, askWith } from './engine.ts'
import type { Engine, Owner } from './engine.ts'
import { createResponseFilter, textOf } from './response-filter.ts'
import { applySettings, customSettingNames, loadPins, loadSettings, reportSettings } from './session-state.ts'
import type { Baseline, Settings } from './session-state.ts'

type Send = (bytes: Buffer) => void

/** One client's view of the shared session, as if it were its own. */
export interface ClientSession {
  /** Applies the settings a client logs in with; gives the settings it must be told. Throws ServerComplaint. */
  login(settings: Settings): Promise<readonly Buffer[]>
  /** Runs one batch. Waits for the session first unless this client still has it. */
  execute(batch: readonly ClientMessage[], send: Send): Promise<void>
  /** Why the session cannot go to someone else between two batches; `undefined` when it can. */
  holds(): string | undefined
  /** Rolls back, removes every trace of the client and gives the session back. */
  end(): Promise<void>
}

interface State {
  readonly engine: Engine
  readonly baseline: Baseline
  readonly owner: Owner
  readonly statements: ClientStatements
  /** Values of settings that the client was told. */
  readonly told: Map<string, string>
  readonly customNames: Set<string>
  settings: Settings
  settingsTouched: boolean
  setsByFunction: boolean
  /** Others may have used the session since this client last did. */
  away: boolean
  release: (() => void) | undefined
  reason: string | undefined
}

export function createClientSession(id: number, engine: Engine, baseline: Baseline): ClientSession {
  const owner: Owner = {
    async leave() {
      state.away = true
      await engine.ask(`${baseline.reset}; DISCARD SEQUENCES`)
    },
  }
  const state: State = {
    engine,
    baseline,
    owner,
    statements: createClientStatements(id, engine.statements),
    told: new Map(),
    customNames: new Set(),
    settings: new Map(),
    settingsTouched: false,
    setsByFunction: false,
    away: true,
    release: undefined,
    reason: undefined,
  }
  return {
    login: (settings) => login(state, settings),
    execute: (batch, send) => execute(state, batch, send),
    holds: () => state.reason,
    end: () => end(state),
  }
}

async function login(state: State, wanted: Settings): Promise<readonly Buffer[]> {
  await enter(state)
  try {
    await applySettings(state.engine, wanted)
    wanted.forEach((_value, name) => name.includes('.') && state.customNames.add(name))
    state.settings = await loadSettings(state.engine, state.baseline, state.customNames)
    return await reportSettings(state.engine, state.told)
  } finally {
    giveBack(state)
  }
}

async function execute(state: State, batch: readonly ClientMessage[], send: Send): Promise<void> {
  // A Flush with nothing before it has nothing to wait for, so it must not hold the session until a Sync.
  if (state.release === undefined && batch.length === 1 && batch[0]?.type === 'H') return
  await enter(state)
  const prepared = state.statements.prepare(batch)
  state.setsByFunction ||= prepared.texts.some((text) => /set_config/i.test(text))
  prepared.texts.flatMap(customSettingNames).forEach((name) => state.customNames.add(name))
  for (const parse of prepared.replays) await replay(state.engine, parse)
  const copying = batch.some(({ type }) => type === 'c' || type === 'f')
  const ready = await run(state, prepared, copying, send)
  if (ready === undefined) {
    state.reason = 'a batch without its Sync'
    return
  }
  if (ready.equals(readyForQuery('I'))) await settle(state, send)
  else state.reason = 'a transaction'
  send(ready)
}

async function enter(state: State): Promise<void> {
  if (state.release !== undefined) return
  state.release = await state.engine.acquire(state.owner)
  if (!state.away) return
  state.away = false
  state.statements.forgetUnnamed()
  await applySettings(state.engine, state.settings)
}

function giveBack(state: State): void {
  const { release } = state
  state.reason = undefined
  state.release = undefined
  release?.()
}

/** Runs a batch and sends on its answer, but for ReadyForQuery, which is returned. */
async function run(state: State, prepared: PreparedBatch, copying: boolean, send: Send): Promise<Buffer | undefined> {
  let ready: Buffer | undefined
  const completed = (type: '1' | '3') => () => (prepared.completed(type), 'pass' as const)
  const judges = {
    '1': completed('1'),
    '3': completed('3'),
    C: (message: Buffer) => (noteTag(state, textOf(message)), 'pass' as const),
    E: (message: Buffer) => prepared.rewriteError(message),
    // The client was told before that its data may come.
    G: () => (copying ? ('drop' as const) : ('pass' as const)),
    Z: (message: Buffer) => ((ready = message), 'drop' as const),
  }
  const filter = createResponseFilter(judges, send)
  await state.engine.run(prepared.bytes, (data) => filter.push(data))
  return ready
}

function noteTag(state: State, tag: string): void {
  if (['SET', 'RESET', 'DISCARD ALL'].includes(tag)) state.settingsTouched = true
  if (['DEALLOCATE ALL', 'DISCARD ALL'].includes(tag)) state.statements.clear()
}

/** After a transaction: what to keep, and whether others may come. */
async function settle(state: State, send: Send): Promise<void> {
  if (state.settingsTouched || state.setsByFunction) {
    state.settings = await loadSettings(state.engine, state.baseline, state.customNames)
    ;(await reportSettings(state.engine, state.told)).forEach(send)
    state.statements.forgetUnnamed()
    state.settingsTouched = false
  }
  const pins = await loadPins(state.engine)
  state.reason = pins.length === 0 ? undefined : pins.join(', ')
  if (state.reason === undefined) giveBack(state)
}

async function end(state: State): Promise<void> {
  const close = state.statements.closeAll()
  if (state.release === undefined && close.length === 0) return
  try {
    state.release ??= await state.engine.acquire(state.owner)
    await askWith(state.engine.run, Buffer.concat([close, serverMessage('S'), serverMessage('Q', cString('ROLLBACK'))]))
    if (state.reason !== undefined) await removeTraces(state.engine)
  } finally {
    giveBack(state)
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
