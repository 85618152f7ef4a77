import { z } from 'zod'
import { parseTemplate } from '../../../tenants/tenants-config.ts'
import type { TenantsConfig } from '../../../tenants/tenants-config.ts'

/** What it takes to have a tenant made and to find its tables. */
export const provisionForm = z.object({
  /** e.g. `create_user_table(text)` */
  signature: z.string(),
  key: z.enum(['md5', 'plain']),
  templates: z.array(z.object({ schema: z.string(), prefix: z.string(), suffix: z.string(), expression: z.string() })),
})
export type Provision = z.infer<typeof provisionForm>

/** The scope of the shard that has a tenant made on trial. */
export const probeScope = z.object({ probe: z.literal(true) })

/** Undefined where the configuration names no provisioning function. */
export function provisionOf(config: TenantsConfig): Provision | undefined {
  if (config.provision === undefined) return undefined
  const templates = Object.keys(config.tables).map((name) => {
    const { schema, prefix, suffix, expression } = parseTemplate(config, name)
    return { schema, prefix, suffix, expression }
  })
  return { signature: config.provision, key: config.key, templates }
}
