import { md5 } from '../../../kernel/checksum.ts'
import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { readCatalog } from '../../../tenants/catalog.ts'
import type { Catalog, CatalogTable, TableShape } from '../../../tenants/catalog.ts'
import { parseFunctionName } from './function-file.ts'
import type { ProbeScope } from './probe-scope.ts'

/** A uid that nobody has. */
const probeUid = 'lockstep-probe-of-the-provisioning-function'

/** Runs and takes back whatever `work` does to the database, sequences apart. */
export async function rolledBack<T>(q: Queryable, work: () => Promise<T>): Promise<T> {
  await q.script('savepoint lockstep_probe')
  const result = await work()
  await q.script('rollback to savepoint lockstep_probe; release savepoint lockstep_probe')
  return result
}

/**
 * Has a tenant made, compares its tables with those that most tenants have, and takes it all back. Returns what differs,
 * in words. Throws LS-2605 where the function fails.
 */
export async function probeTenant(q: Queryable, { probe }: ProbeScope): Promise<readonly string[]> {
  const key = probe.key === 'md5' ? md5(probeUid) : probeUid
  const made = await rolledBack(q, async () => {
    await callWith(q, probe.signature)
    return readCatalog(q, probe.templates.map(({ schema, prefix, suffix }) => ({ schema, expression: exactly(prefix + key + suffix) })))
  })
  const catalog = await readCatalog(q, probe.templates)
  return probe.templates.flatMap((template) => {
    const name = template.prefix + key + template.suffix
    const table = made.tables.find((each) => each.schema === template.schema && each.name === name)
    const pattern = new RegExp(template.expression)
    const others = catalog.tables.filter((each) => each.schema === template.schema && pattern.test(each.name))
    const label = printTable({ schema: template.schema, name: `${template.prefix}…${template.suffix}` })
    if (table === undefined) return [`it makes no table ${label}`]
    const usual = mostCommon(others)
    if (usual === undefined) return []
    const where = new RegExp(template.expression.slice(1, -1), 'g')
    return compare(shapeIn(made, table), shapeIn(catalog, usual), where).map((problem) => `${label}: ${problem}`)
  })
}

async function callWith(q: Queryable, signature: string): Promise<void> {
  const { schema, name, types } = parseFunctionName(signature)
  const count = (types ?? '').split(',').filter((type) => type.trim() !== '').length
  const others = Array.from({ length: Math.max(count - 1, 0) }, () => ', null').join('')
  try {
    await q.query(`select ${quoteIdentifier(schema)}.${quoteIdentifier(name)}($1${others})`, [probeUid])
  } catch (cause) {
    throw broken(signature, cause)
  }
}

/** LS-2605; what passes by itself stays as it is, so that it is tried again. */
export function broken(name: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause && /^(0A|[PX2-4])/.test(String(cause.code))) || /^40/.test(String(cause.code)))
    return cause
  return new LockstepError('LS-2605', `${name} failed when it was tried: ${cause.message}`, {
    where: { name },
    why: 'it was called and taken back; nothing has been changed',
    hint: "mend the function; where it cannot be tried like this, allow: { 'tenant-probe': 'why' } or another probe",
    cause,
  })
}

function exactly(name: string): string {
  return `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
}

function mostCommon(tables: readonly CatalogTable[]): CatalogTable | undefined {
  const counts = new Map<string, number>()
  for (const { shape } of tables) counts.set(shape, (counts.get(shape) ?? 0) + 1)
  const most = Math.max(0, ...counts.values())
  return tables.find(({ shape }) => counts.get(shape) === most)
}

function shapeIn({ shapes }: Catalog, { shape, name }: CatalogTable): TableShape {
  const found = shapes.get(shape)
  if (found === undefined) throw new LockstepError('LS-9001', `no shape was read for ${name}`)
  return found
}

/** Order is left aside: a column added later stands last in tables that were there before. */
function compare(made: TableShape, usual: TableShape, tableName: RegExp): readonly string[] {
  const columnText = ({ type, notNull, default: value }: TableShape['columns'][number]): string =>
    `${type}${notNull ? ' not null' : ''}${value === undefined ? '' : ` default ${value.replaceAll(tableName, '{table}')}`}`
  const indexText = ({ columns, unique }: TableShape['indexes'][number]): string =>
    `${unique ? 'unique ' : ''}index on (${columns.join(', ')})`
  const columns = sidesOf(
    new Map(made.columns.map((column) => [`column ${column.name}`, columnText(column)])),
    new Map(usual.columns.map((column) => [`column ${column.name}`, columnText(column)])),
  )
  const indexes = sidesOf(
    new Map(made.indexes.map((index) => [indexText(index), ''])),
    new Map(usual.indexes.filter(({ valid }) => valid).map((index) => [indexText(index), ''])),
  )
  return [...columns, ...indexes]
}

function sidesOf(made: ReadonlyMap<string, string>, usual: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...made.keys(), ...usual.keys()])].flatMap((what) => {
    const [ours, theirs] = [made.get(what), usual.get(what)]
    if (ours === theirs) return []
    if (ours === undefined) return [`new tenants get no ${what}`]
    return theirs === undefined ? [`only new tenants get ${what}`] : [`${what} is ${ours} for new tenants, ${theirs} for others`]
  })
}
