/**
 * Runs one statement outside of any transaction and resolves to its rows as objects, whatever the driver:
 * `(sql, params) => pool.query(sql, [...params]).then(({ rows }) => rows)`.
 */
export type QueryFunction = (sql: string, params: readonly (string | null)[]) => Promise<readonly object[]>

/** Which model the vectors of a table are of now. */
export interface VectorPointer {
  /** The key of the model; null where vectors were only cast or cut. */
  readonly model: string | null
  readonly dimensions: number
}

export interface PointerOptions {
  /**
   * How long a pointer is believed, in milliseconds; 5,000 without it. Between models of equal dimension nothing else
   * tells a client of the switch.
   */
  readonly freshFor?: number
  /** Milliseconds that only grow; the process's own clock without it. */
  readonly now?: () => number
}

/** The pointers of tables, cached. Names are as Lockstep prints them: with their schema unless that is public. */
export interface VectorPointers {
  /** The pointer of a table; undefined where no migration has changed its vectors. */
  of(table: string, column?: string): Promise<VectorPointer | undefined>
  /**
   * Runs `work` with the pointer of a table. Where Postgres answers 22000 (vectors of another dimension) and the pointer
   * has changed meanwhile, `work` runs once more with the new one; otherwise its error is thrown.
   */
  use<T>(table: string, work: (pointer: VectorPointer | undefined) => Promise<T>, column?: string): Promise<T>
}

interface Read {
  readonly at: number
  readonly pointer: Promise<VectorPointer | undefined>
}

const usualFreshness = 5_000

/** Follows the switch of `resizeEmbeddings` through the app's own connection, on any driver. */
export function createVectorPointers(query: QueryFunction, options: PointerOptions = {}): VectorPointers {
  const { freshFor = usualFreshness, now = () => performance.now() } = options
  const known = new Map<string, Read>()
  const read = (table: string, column: string | undefined): Promise<VectorPointer | undefined> => {
    const name = JSON.stringify([table, column])
    const found: Read = { at: now(), pointer: readPointer(query, table, column) }
    known.set(name, found)
    // Who asked is told; the next one asks again.
    found.pointer.catch(() => known.get(name) === found && known.delete(name))
    return found.pointer
  }
  const of: VectorPointers['of'] = (table, column) => {
    const found = known.get(JSON.stringify([table, column]))
    return found !== undefined && now() - found.at < freshFor ? found.pointer : read(table, column)
  }
  return {
    of,
    async use(table, work, column) {
      const pointer = await of(table, column)
      try {
        return await work(pointer)
      } catch (error) {
        if (!hasState(error, '22000')) throw error
        const next = await read(table, column)
        if (next?.dimensions === pointer?.dimensions && next?.model === pointer?.model) throw error
        return work(next)
      }
    },
  }
}

async function readPointer(
  query: QueryFunction,
  table: string,
  column: string | undefined,
): Promise<VectorPointer | undefined> {
  // Asked first: a statement that names a table which is not there would fail.
  const [there] = await query(`select pg_catalog.to_regclass('lockstep_vectors.pointers')::text as name`, [])
  if (there === undefined || !('name' in there) || there.name === null) return undefined
  const [row] = await query(
    'select model, dimensions from lockstep_vectors.pointers where table_name = $1 and ($2::text is null or column_name = $2) order by column_name limit 1',
    [table, column ?? null],
  ).catch(noneWhereGone)
  if (row === undefined || !('model' in row) || !('dimensions' in row)) return undefined
  return { model: typeof row.model === 'string' ? row.model : null, dimensions: Number(row.dimensions) }
}

/** The last table's way back takes the pointers away, maybe between the two questions. */
function noneWhereGone(error: unknown): readonly object[] {
  if (hasState(error, '42P01')) return []
  throw error
}

/** Where drivers and query builders keep the error of the server. */
const wrappers = ['cause', 'driverError', 'original', 'meta'] as const
const deepest = 4

function hasState(error: unknown, state: string, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > deepest) return false
  if ('code' in error && error.code === state) return true
  return wrappers.some((name) => hasState(Object.getOwnPropertyDescriptor(error, name)?.value, state, depth + 1))
}
