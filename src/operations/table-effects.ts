import { quoteTable } from '../kernel/identifiers.ts'
import type { Companion } from './companion.ts'
import type { Effect, Phase } from './operation.ts'
import type { Provision } from './provision-steps.ts'
import { isShared } from './pass-groups.ts'
import { isOpen } from './table-passes.ts'
import { smallTable } from './table-state.ts'
import type { CatalogPass, Openness, RowPass, TablePass } from './table-passes.ts'
import type { TableState } from './table-state.ts'

const noCost = { cost: 0, disk: 0, secondsSource: 'guess' } as const

/** What the passes do to the tables, phase by phase, for the plan. */
export function effectsOfPasses(
  passes: readonly TablePass[],
  tables: readonly TableState[],
  isOpenNow: Openness = isOpen,
): readonly Effect[] {
  return passes.flatMap((pass) => {
    if (pass.how === 'work') return tables.length === 0 ? [] : pass.effects(tables)
    return pass.how === 'rows' ? rowEffect(pass, tables) : catalogEffect(pass, tables, isOpenNow)
  })
}

/** What is made for all tables together, where something is. */
export function companionEffects(companion: Companion | undefined): readonly Effect[] {
  if (companion === undefined) return []
  return [
    {
      ...noCost,
      phase: 'expand',
      what: `create ${companion.what}`,
      count: { value: 1, source: 'counted' },
      unit: 'functions',
      lock: 'none',
      seconds: [0, 1],
      undo: 'drop it after the last table',
      statements: companion.create,
    },
  ]
}

/** What is done to the provisioning function in a phase. */
export function provisionEffect({ scope }: Provision, phase: Phase): Effect {
  return {
    ...noCost,
    phase,
    what: `extend ${scope.provision.signature}: new tenants are born in the new shape`,
    count: { value: 1, source: 'counted' },
    unit: 'functions',
    lock: 'none that blocks calls',
    seconds: [0, 1],
    undo: 'put the exact definition back',
    statements: [],
  }
}

/** Seconds a table: a change of the catalog alone; and bytes a second that a scan or an index build gets through. */
const perTableOf = { together: [0.0005, 0.005], 'one by one': [0.002, 0.02], concurrently: [0.01, 0.05] } as const
const bytesPerSecond = { slow: 20e6, fast: 200e6 }

function catalogEffect(pass: CatalogPass, tables: readonly TableState[], isOpenNow: Openness): readonly Effect[] {
  const open = tables.filter((table) => isOpenNow(pass, table))
  const [example] = open.toSorted((a, b) => b.bytes - a.bytes)
  if (example === undefined || pass.phase === 'revert') return []
  const scanned = pass.how === 'together' ? 0 : open.reduce((sum, { bytes }) => sum + bytes, 0)
  const perTable = (bound: 0 | 1): number =>
    open.reduce((sum, table) => sum + perTableOf[isShared(pass, table) ? 'together' : pass.how][bound], 0)
  return [
    {
      ...noCost,
      phase: pass.phase,
      what: pass.what,
      count: { value: open.length, source: 'counted' },
      unit: 'tables',
      lock: pass.lock,
      seconds: [perTable(0) + scanned / bytesPerSecond.fast, perTable(1) + scanned / bytesPerSecond.slow + 1],
      disk: pass.grows?.(open) ?? 0,
      undo: pass.undo,
      statements: pass.statements(example),
    },
  ]
}

function rowEffect(pass: RowPass, tables: readonly TableState[]): readonly Effect[] {
  const filled = tables.flatMap((table) => {
    const fill = pass.fill(table)
    return fill === undefined ? [] : [{ table, fill }]
  })
  const [example] = filled.toSorted((a, b) => b.table.rows - a.table.rows)
  if (example === undefined || pass.phase === 'revert') return []
  const rows = filled.reduce((sum, { table }) => sum + Math.max(table.rows, 0), 0)
  const large = filled.some(({ table }) => table.bytes > smallTable)
  return [
    {
      ...noCost,
      phase: pass.phase,
      what: pass.what + firing(filled.map(({ table }) => table)),
      count: { value: rows, source: 'statistics' },
      unit: 'rows',
      lock: `${pass.lock}${large ? '; ANALYZE first' : ''}`,
      seconds: [rows / 80_000, rows / 5_000 + filled.length * 0.01],
      disk: rows * 64,
      undo: pass.undo,
      statements: [`update ${quoteTable(example.table)} set ${example.fill.set} where … and (${example.fill.where})`],
    },
  ]
}

/** Triggers of the app's own that each changed row will fire. */
function firing(tables: readonly TableState[]): string {
  const names = new Set(
    tables.flatMap(({ shape }) =>
      shape.triggers.flatMap(({ name, enabled, definition }) =>
        enabled && /\bupdate\b/i.test(definition.slice(0, definition.indexOf(' ON '))) ? [name] : [],
      ),
    ),
  )
  return names.size === 0 ? '' : `, firing ${[...names].slice(0, 5).join(', ')}${names.size > 5 ? ' and more' : ''}`
}
