import { z } from 'zod'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { columnIn } from '../../column-checks.ts'
import type { Checkpoint, PreImage, TableHands, Work } from '../../operation.ts'
import { walkingKey } from '../../row-pages.ts'
import { applyPasses } from '../../apply-passes.ts'
import { tablesScope } from '../../table-scope.ts'
import { tableStates } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import type { DropColumnSpec } from './drop-column.ts'
import { markName } from './drop-extension.ts'
import { dropPasses, hasMark, missingPass } from './drop-passes.ts'
import { recipeForm } from './recipe.ts'
import type { Recipe } from './recipe.ts'

/** The way back: columns that contract dropped already are made again, with their values, then all are as before. */
export async function* bringBack(work: Work<DropColumnSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { spec } = work
  const scope = tablesScope.parse(work.scope)
  const states = await hands.tables.read((q) => tableStates(q, scope, scope.tables))
  const missing = states.filter((table) => missingPass(spec).statements(table).length > 0)
  const recipes = await recipesOf(hands, missing)
  for (const table of missing) {
    const recipe = recipes.get(printTable(table))
    if (recipe === undefined) {
      hands.warn(
        `${printTable(table)} was born without column ${spec.column} and stays so: add it if old clients need it`,
      )
      continue
    }
    const make = async (q: Queryable): Promise<readonly PreImage[]> => {
      const [now] = await tableStates(q, scope, [table.name])
      if (now !== undefined && missingPass(spec).statements(now).length > 0)
        await makeAgain(q, now, { spec, recipe, hands })
      return []
    }
    yield await hands.change({ names: [table.name], cursor: { made: table.name }, long: true, work: make })
  }
  yield* giveUpRequirement(work, hands, states)
  yield* applyPasses(work, hands, dropPasses(spec))
}

const imageForm = z.object({ also: z.object({ recipe: recipeForm }) })

async function recipesOf(hands: TableHands, tables: readonly TableState[]): Promise<ReadonlyMap<string, Recipe>> {
  const found = new Map<string, Recipe>()
  if (tables.length === 0) return found
  const wanted = new Set(tables.map(printTable))
  for await (const { name, before } of hands.preImages()) {
    const image = imageForm.safeParse(before)
    if (image.success && wanted.has(name)) found.set(name, image.data.also.recipe)
  }
  return found
}

interface Making {
  readonly spec: DropColumnSpec
  readonly recipe: Recipe
  readonly hands: TableHands
}

/** In one transaction, in which others wait. */
async function makeAgain(q: Queryable, table: TableState, { spec, recipe, hands }: Making): Promise<void> {
  await q.script([`lock table ${quoteTable(table)} in access exclusive mode`, ...recipe.before].join(';\n'))
  await hands.restoreValues(q, { table, key: walkingKey(table.shape), column: spec.column, where: 'true' })
  await q.script(recipe.after.join(';\n'))
}

/** Rows that were written without the column cannot be given a value: then it is no longer required. */
async function* giveUpRequirement(
  work: Work<DropColumnSpec>,
  hands: TableHands,
  tables: readonly TableState[],
): AsyncGenerator<Checkpoint> {
  const { spec } = work
  for (const table of tables.filter((each) => hasMark(spec, each) && columnIn(each, spec.column) !== undefined)) {
    const empty = `select from ${quoteTable(table)} where ${quoteIdentifier(spec.column)} is null limit 1`
    const rows = await hands.tables.read((q) => q.query(empty))
    if (rows.length === 0) continue
    hands.warn(`${printTable(table)}: rows were written without ${spec.column}, so it is not required any more`)
    const drop = async (q: Queryable): Promise<readonly PreImage[]> => {
      await q.script(`alter table ${quoteTable(table)} drop constraint if exists ${markName(spec)}`)
      return []
    }
    yield await hands.change({ names: [table.name], cursor: { unmarked: table.name }, work: drop })
  }
}
