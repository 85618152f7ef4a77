import { md5 } from '../../../kernel/checksum.ts'
import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier } from '../../../kernel/identifiers.ts'
import { saidBy, sqlState } from '../../../stores/tables.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { readCatalog } from '../../../tenants/catalog.ts'
import type { Catalog, CatalogTable, TableShape } from '../../../tenants/catalog.ts'
import { parseFunctionName } from './function-file.ts'
import { shapeDifferences } from '../../../tenants/drift.ts'
import type { Provision } from './provision.ts'

/** A uid that nobody has. */
const probeUid = 'lockstep-probe-of-the-provisioning-function'

/** Runs and takes back whatever `work` does to the database, sequences apart. */
export async function rolledBack<T>(q: Queryable, work: () => Promise<T>): Promise<T> {
  await q.script('savepoint lockstep_probe')
  const result = await work()
  await q.script('rollback to savepoint lockstep_probe; release savepoint lockstep_probe')
  return result
}

export interface Trial {
  /** Templates of which it made no table, in words. */
  readonly missing: readonly string[]
  /** In what its tables differ from those that most tenants have, in words. */
  readonly differing: readonly string[]
}

/** Has a tenant made, looks at its tables, and takes it all back. Throws LS-2605 where the function fails. */
export async function probeTenant(q: Queryable, provision: Provision): Promise<Trial> {
  const key = provision.key === 'md5' ? md5(probeUid) : probeUid
  const wanted = provision.templates.map((template) => ({ ...template, name: template.prefix + key + template.suffix }))
  const made = await rolledBack(q, async () => {
    await callWith(q, provision.signature)
    return readCatalog(
      q,
      wanted.map(({ name, ...template }) => ({ ...template, expression: exactly(name) })),
    )
  })
  const catalog = await readCatalog(q, provision.templates)
  const missing: string[] = []
  const differing: string[] = []
  for (const { schema, name, prefix, suffix, expression } of wanted) {
    const table = made.tables.find((each) => each.schema === schema && each.name === name)
    const label = printTable({ schema, name: `${prefix}…${suffix}` })
    if (table === undefined) {
      missing.push(`it makes no table ${label}`)
      continue
    }
    const pattern = new RegExp(expression)
    const usual = usualOf(catalog.tables.filter((each) => each.schema === schema && pattern.test(each.name)))
    if (usual === undefined || usual.shape === table.shape) continue
    const problems = shapeDifferences(nameless(shapeIn(catalog, usual)), nameless(shapeIn(made, table)))
    differing.push(...problems.map((problem) => `${label}: ${problem}`))
  }
  return { missing, differing }
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
  const state = sqlState(cause)
  if (state === undefined || !(cause instanceof Error) || !/^(0A|P0|XX|2|3|42|44)/.test(state)) return cause
  return new LockstepError('LS-2605', `${name} failed when it was tried: ${saidBy(cause)}`, {
    where: { name },
    why: 'it was called and taken back; nothing has been changed',
    hint: "mend the function; where it cannot be tried like this, allow: { 'tenant-probe': 'why' } or another probe",
    cause,
  })
}

function exactly(name: string): string {
  return `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
}

/** Names of indexes that were cut differ from tenant to tenant, so that an index is told by its definition. */
function nameless(shape: TableShape): TableShape {
  const indexes = shape.indexes.map((index) => {
    const definition = index.definition.replace(/ INDEX (?:"(?:[^"]|"")+"|\S+) ON /, ' INDEX ON ')
    return { ...index, name: definition.replace(/^CREATE /, ''), definition }
  })
  return { ...shape, indexes }
}

/** One of those whose shape most have. */
function usualOf(tables: readonly CatalogTable[]): CatalogTable | undefined {
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
