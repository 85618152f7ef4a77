import type { Fields } from '../../../src/stores/documents.ts'
import { tenantDocuments } from './tenant-documents.ts'
import { planTenants, type SeedOptions } from './tenant-plan.ts'
import {
  configRow,
  embeddingRows,
  settingsRows,
  type ConfigRow,
  type EmbeddingRow,
  type SettingsRow,
} from './tenant-rows.ts'

export type SeedItem =
  | { readonly kind: 'document'; readonly name: string; readonly fields: Fields }
  /** The tables of this tenant are to be made before its rows. */
  | { readonly kind: 'tenant'; readonly uid: string; readonly key: string }
  | { readonly kind: 'row'; readonly table: string; readonly row: ConfigRow | SettingsRow | EmbeddingRow }

/**
 * The data of the whole app, tenant by tenant, as a stream: documents, then the tenant's tables, then their rows.
 * The same options give the same stream on every machine; memory does not grow with its length.
 */
export function* generate(options: SeedOptions): Generator<SeedItem> {
  for (const tenant of planTenants(options)) {
    for (const document of tenantDocuments(options, tenant)) yield { kind: 'document', ...document }
    yield { kind: 'tenant', uid: tenant.uid, key: tenant.key }
    const config = configRow(options, tenant)
    if (config) yield { kind: 'row', table: 'user_configs', row: config }
    for (const row of settingsRows(options, tenant)) yield { kind: 'row', table: `user_table_${tenant.key}`, row }
    for (const row of embeddingRows(options, tenant)) yield { kind: 'row', table: `user_embeddings_${tenant.key}`, row }
  }
}
