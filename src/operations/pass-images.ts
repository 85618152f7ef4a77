import type { Json } from '../kernel/canonical-json.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import type { TableShape } from '../tenants/catalog.ts'
import type { PreImage } from './operation.ts'
import type { CatalogPass } from './table-passes.ts'
import type { TableState } from './table-state.ts'

/** Of tables that have none yet, and of those of which the pass tells more. */
export async function imagesOf(
  q: Queryable,
  pass: CatalogPass,
  tables: readonly TableState[],
  kept: ReadonlySet<string>,
): Promise<readonly PreImage[]> {
  const images: PreImage[] = []
  for (const table of tables) {
    if (kept.has(table.name) && pass.also === undefined) continue
    const also = await pass.also?.(q, table)
    const before = { ...toJson(table.shape), ...(also === undefined ? {} : { also }) }
    images.push({ name: printTable(table), before, after: { pass: pass.name } })
  }
  return images
}

function toJson({ columns, indexes, constraints, triggers, primaryKey, rowSecurity }: TableShape): {
  readonly [key: string]: Json
} {
  return {
    columns: columns.map(({ default: text, ...column }) =>
      text === undefined ? column : { ...column, default: text },
    ),
    indexes: indexes.map((index) => ({ ...index, columns: [...index.columns] })),
    constraints: constraints.map((constraint) => ({ ...constraint, columns: [...constraint.columns] })),
    triggers: triggers.map((trigger) => ({ ...trigger })),
    primaryKey: [...primaryKey],
    rowSecurity,
  }
}
