import type { Clock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { DocumentReader } from '../stores/documents.ts'
import type { IndexReader } from '../stores/indexes.ts'
import type { TableReader } from '../stores/tables.ts'
import { readFleet } from '../tenants/fleet.ts'
import type { Fleet } from '../tenants/fleet.ts'
import type { TenantsConfig } from '../tenants/tenants-config.ts'
import type { FullLook } from './index-operation.ts'

export interface LookSources {
  readonly documents: DocumentReader
  readonly tables: TableReader
  readonly indexes: IndexReader
  readonly tenants: TenantsConfig | undefined
  readonly clock: Clock
}

/** One look at both stores: the fleet is read at most once. */
export function createLook({ documents, tables, indexes, tenants, clock }: LookSources): FullLook {
  let fleet: Promise<Fleet> | undefined
  return {
    documents,
    tables,
    indexes,
    async fleet() {
      if (tenants === undefined) {
        throw new LockstepError('LS-2203', 'a step names tenants, but none are configured', {
          where: { name: 'tenants' },
          hint: "add tenants: { source, key: 'md5', tables: { … } } to lockstep.config.ts",
        })
      }
      fleet ??= readFleet({ config: tenants, documents, tables, grace: (ms) => clock.sleep(ms) })
      return fleet
    },
  }
}
