import { seedEnd } from './chat-documents.ts'
import { createRandom, type Random } from './random.ts'
import type { SeedOptions, TenantPlan } from './tenant-plan.ts'
import { companyName, knowledgeText } from './words.ts'

export interface ConfigRow {
  readonly user_id: string
  readonly temperature: number
  readonly max_tokens: number
  readonly full_config: object
  readonly created_at: string
}

export interface SettingsRow {
  readonly company_info: object
  readonly services: object
  readonly communication_style: object
  readonly business_processes: object
  readonly integrations: object | null
  readonly created_at: string
  readonly updated_at: string
}

export interface EmbeddingRow {
  readonly content: string
  /** In pgvector's text form, `[0.1,-0.2]`; of length 1. */
  readonly embedding: string
  readonly query_name: string
  readonly created_at: string
}

const topics = ['opening hours', 'prices', 'delivery', 'returns', 'about us', 'appointments'] as const
const day = 86_400_000

/** The row of a tenant in user_configs; one tenant in ten never saved its configuration. */
export function configRow(options: SeedOptions, tenant: TenantPlan): ConfigRow | undefined {
  const random = createRandom(options.seed, 'config', tenant.index)
  if (random.chance(0.1)) return undefined
  const temperature = random.pick([0, 0.2, 0.7, 1])
  const max_tokens = random.pick([256, 512, 1024, 4096])
  const full_config = { temperature, max_tokens, tone: random.pick(['friendly', 'formal']), greeting: 'Welcome 👋' }
  const created_at = new Date(seedEnd(options) - random.below(600 * day)).toISOString()
  return { user_id: tenant.uid, temperature, max_tokens, full_config, created_at }
}

/** The rows of a tenant's user_table: one, rarely two. */
export function settingsRows(options: SeedOptions, tenant: TenantPlan): readonly SettingsRow[] {
  const random = createRandom(options.seed, 'settings-rows', tenant.index)
  return Array.from({ length: tenant.settings }, () => settingsRow(random, seedEnd(options)))
}

function settingsRow(random: Random, end: number): SettingsRow {
  const name = companyName(random)
  const created = end - random.below(600 * day)
  return {
    company_info: { name, founded: 1950 + random.below(70), about: knowledgeText(random) },
    services: topics.slice(0, 1 + random.below(4)).map((topic) => ({ topic, price: random.below(20_000) / 100 })),
    communication_style: { tone: random.pick(['warm', 'brief', 'formal']), emoji: random.chance(0.5) },
    business_processes: { hours: { open: '09:00', close: '17:30' }, handover: random.pick(['ask', 'always', 'never']) },
    integrations: random.chance(0.3) ? null : { sheets: random.chance(0.5), calendar: random.chance(0.2) },
    created_at: new Date(created).toISOString(),
    updated_at: new Date(created + random.below(end - created + 1)).toISOString(),
  }
}

/** The rows of a tenant's user_embeddings, one at a time. */
export function* embeddingRows(options: SeedOptions, tenant: TenantPlan): Generator<EmbeddingRow> {
  const { seed, dims = 1536 } = options
  for (let index = 0; index < tenant.embeddings; index++) {
    const random = createRandom(seed, 'embedding', tenant.index, index)
    const query_name = random.pick(topics)
    yield {
      content: knowledgeText(random),
      embedding: embedding(createRandom('topic', query_name), random, dims),
      query_name,
      created_at: new Date(seedEnd(options) - random.below(600 * day)).toISOString(),
    }
  }
}

/** A vector of length 1 near the direction that `topic` gives; texts of one topic are neighbours. */
export function embedding(topic: Random, noise: Random, dims: number): string {
  const raw = Float64Array.from({ length: dims }, () => topic.next() - 0.5 + (noise.next() - 0.5) * 1.2)
  const length = Math.hypot(...raw)
  return `[${Array.from(raw, (part) => (part / length).toFixed(6)).join(',')}]`
}
