import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPgliteTables } from '../../src/stores/pglite/pglite-tables.ts'
import { tablesContract } from './tables.ts'

tablesContract('PGlite in a folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-pglite-'))
  const tables = await createPgliteTables({ folder })
  return {
    tables,
    async close() {
      await tables.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
})
