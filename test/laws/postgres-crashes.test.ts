import { afterAll, describe } from 'vitest'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { openLawStoresAt } from './law-stores.ts'
import { describeLaws, loadCases } from './laws.ts'

const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())
const cases = await loadCases('tables', ['set-not-null', 'add-constraint', 'drop-column'])

describe('crashes on PostgreSQL', needs(postgres, 'no PostgreSQL server'), () => {
  describeLaws(cases, { open: () => openLawStoresAt(postgres?.url ?? ''), crashes: true })
})
