import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint, PreImage, TableHands, Work } from '../../operation.ts'
import { tablesScope } from '../../table-scope.ts'
import { tableStates } from '../../table-state.ts'
import { groupsOf } from '../../table-targets.ts'
import type { SqlSpec } from './sql.ts'
import { databaseUnit, isDone, tableUnit } from './sql-units.ts'
import type { SqlUnit } from './sql-units.ts'

const cursorForm = z.object({ unit: z.string(), statements: z.number() })

/** Tenants' tables in one transaction: what users write may take more than a moment. */
const unitsAtOnce = 10

/** Runs `up`, or on the way back `down`, for what the check says needs it. Safe to repeat. */
export async function* applySql(work: Work<SqlSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const way = work.phase === 'revert' ? 'down' : 'up'
  const units = await unitsOf(work, hands)
  const cursor = cursorForm.safeParse(work.cursor)
  const left = cursor.success ? units.filter(({ name }) => name >= cursor.data.unit) : units
  if (work.spec.transaction) yield* together(hands, left, way)
  else for (const unit of left) yield* alone(hands, unit, way, cursor.success ? cursor.data : undefined)
}

async function unitsOf({ spec, scope }: Work<SqlSpec>, hands: TableHands): Promise<readonly SqlUnit[]> {
  const tables = tablesScope.safeParse(scope)
  if (!tables.success) return [databaseUnit(spec)]
  const states = await hands.tables.read((q) => tableStates(q, tables.data, tables.data.tables))
  return states.map((state) => tableUnit(spec, state)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

type Way = 'up' | 'down'

async function* together(hands: TableHands, units: readonly SqlUnit[], way: Way): AsyncGenerator<Checkpoint> {
  for (const group of groupsOf(units, unitsAtOnce)) {
    const named = new Map(group.map((unit) => [unit.name, unit]))
    yield await hands.change({
      names: [...named.keys()],
      cursor: { unit: group.at(-1)?.name ?? '', statements: 0 },
      long: true,
      work: async (q, names) => {
        const images: PreImage[] = []
        for (const name of names) {
          const unit = named.get(name)
          if (unit !== undefined && (await run(q, unit, way))) images.push(imageOf(unit, way))
        }
        return images
      },
    })
  }
}

/** True where it was not so before. */
async function run(q: Queryable, unit: SqlUnit, way: Way): Promise<boolean> {
  const wanted = way === 'up'
  if ((await isDone(q, unit)) === wanted) return false
  for (const statement of unit[way]) await q.script(statement)
  if ((await isDone(q, unit)) !== wanted && unit[way].length > 0) throw withoutEffect(unit, way)
  return true
}

/** Statement by statement, each with its checkpoint: one that was run when the process died is run again. */
async function* alone(
  hands: TableHands,
  unit: SqlUnit,
  way: Way,
  cursor: z.infer<typeof cursorForm> | undefined,
): AsyncGenerator<Checkpoint> {
  const wanted = way === 'up'
  const begun = cursor?.unit === unit.name ? cursor.statements : 0
  if (begun === 0 && (await hands.tables.read((q) => isDone(q, unit))) === wanted) return
  for (const [index, statement] of unit[way].entries()) {
    if (index < begun) continue
    await hands.alone(statement)
    const last = index === unit[way].length - 1
    yield await hands.change({
      names: [unit.name],
      cursor: { unit: unit.name, statements: index + 1 },
      long: true,
      work: async (q) => {
        if (last && (await isDone(q, unit)) !== wanted) throw withoutEffect(unit, way)
        return last ? [imageOf(unit, way)] : []
      },
    })
  }
}

function imageOf({ name, up, down }: SqlUnit, way: Way): PreImage {
  return { name, before: { sql: [...(way === 'up' ? down : up)] }, after: { sql: [...(way === 'up' ? up : down)] } }
}

function withoutEffect({ name }: SqlUnit, way: Way): LockstepError {
  return new LockstepError(
    'LS-3005',
    `${way} of sql on ${name} was run, but verify says ${way === 'up' ? 'there is still something to do' : 'it is still done'}`,
    {
      where: { name },
      why: 'verify gives a row for each thing that is not as up makes it, and none once it is; nothing of this was kept',
      hint: `correct ${way} or verify`,
    },
  )
}
