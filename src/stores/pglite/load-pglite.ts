import type * as pglite from '@electric-sql/pglite'
import type { PGlite } from '@electric-sql/pglite'
import type * as pgvector from '@electric-sql/pglite-pgvector'
import { LockstepError } from '../../kernel/errors.ts'

/** How the optional packages are imported. */
export interface PgliteImports {
  readonly engine: () => Promise<typeof pglite>
  readonly vector: () => Promise<typeof pgvector>
}

const installed: PgliteImports = {
  engine: () => import('@electric-sql/pglite'),
  vector: () => import('@electric-sql/pglite-pgvector'),
}

/**
 * Starts PGlite with pgvector available, in memory when no data folder is given. LS-1006 when the optional packages
 * are not installed, LS-3008 when the folder cannot be opened. Takes the folder's lock for granted.
 */
export async function loadPglite(dataFolder: string | undefined, imports: PgliteImports = installed): Promise<PGlite> {
  const [{ PGlite }, { vector }] = await importBoth(imports)
  try {
    return await PGlite.create({ ...(dataFolder === undefined ? {} : { dataDir: dataFolder }), extensions: { vector } })
  } catch (cause) {
    throw new LockstepError('LS-3008', `PGlite cannot start${dataFolder === undefined ? '' : ` on ${dataFolder}`}`, {
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'check that the folder is writable and holds a database of this PGlite version',
      cause,
    })
  }
}

async function importBoth(imports: PgliteImports) {
  try {
    return await Promise.all([imports.engine(), imports.vector()])
  } catch (cause) {
    if (!isMissingModule(cause)) throw cause
    throw new LockstepError('LS-1006', 'PGlite, the embedded Postgres, is not installed', {
      hint: 'npm install @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector@0.0.15',
      cause,
    })
  }
}

function isMissingModule(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
