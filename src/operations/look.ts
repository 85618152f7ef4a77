import type { Clock } from '../kernel/clock.ts'
import type { Embedder } from '../embeddings/embedder.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { DocumentReader } from '../stores/documents.ts'
import type { IndexReader } from '../stores/indexes.ts'
import type { TableReader } from '../stores/tables.ts'
import { readBorn, readFleet } from '../tenants/fleet.ts'
import type { Fleet } from '../tenants/fleet.ts'
import type { TenantsConfig } from '../tenants/tenants-config.ts'
import { noIndexSettings, parseIndexSettings } from './index-settings.ts'
import type { IndexSettings } from './index-settings.ts'
import type { FullLook } from './index-operation.ts'

export interface LookSources {
  readonly documents: DocumentReader
  readonly tables: TableReader
  readonly indexes: IndexReader
  readonly tenants: TenantsConfig | undefined
  readonly clock: Clock
  readonly embedder?: (name: string) => Promise<Embedder>
  /** What looks before have seen, shared by those of one session of a run. */
  readonly memory?: FleetMemory
}

/**
 * The first fleet that was read as a whole: every step of that look has judged all tables in it, and what is open of
 * them is in the shards. A fleet that a later look reads for one step does not take its place: other steps of that look
 * have not seen it.
 */
export interface FleetMemory {
  fleet?: Fleet
}

/** The same memory, empty: the next look is at all tables again. */
export function forgotten(memory: FleetMemory): FleetMemory {
  delete memory.fleet
  return memory
}

/** One look at both stores: the fleet and the index file are read at most once. */
export function createLook({
  documents,
  tables,
  indexes,
  tenants,
  clock,
  embedder,
  memory = {},
}: LookSources): FullLook {
  let fleet: Promise<Fleet> | undefined
  let settings: Promise<IndexSettings> | undefined
  // As of before this look: what it reads itself is as new to its other steps.
  const known = memory.fleet
  const configured = (): TenantsConfig => {
    if (tenants !== undefined) return tenants
    throw new LockstepError('LS-2203', 'a step names tenants, but none are configured', {
      where: { name: 'tenants' },
      hint: "add tenants: { source, key: 'md5', tables: { … } } to lockstep.config.ts",
    })
  }
  return {
    documents,
    tables,
    indexes,
    ...(embedder && { embedder }),
    indexSettings: () => (settings ??= readIndexSettings(indexes)),
    tenants: configured,
    async fleet() {
      fleet ??= readFleet({ config: configured(), documents, tables, grace: (ms) => clock.sleep(ms) })
      memory.fleet ??= await fleet
      return fleet
    },
    bornTables: async (template) => (known === undefined ? undefined : readBorn(tables, known, template)),
  }
}

async function readIndexSettings(indexes: IndexReader): Promise<IndexSettings> {
  const text = await indexes.readFile()
  return text === undefined ? noIndexSettings : parseIndexSettings(text, indexes.file)
}
