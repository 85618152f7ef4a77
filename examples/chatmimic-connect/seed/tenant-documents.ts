import type { Fields, Value } from '../../../src/stores/documents.ts'
import { chatDocuments, seedEnd, type SeedDocument } from './chat-documents.ts'
import { createRandom, randomId, type Random } from './random.ts'
import { planTenants, type SeedOptions, type TenantPlan } from './tenant-plan.ts'
import { flag, list, map, moment, number, text } from './values.ts'
import { companyName, messageText, phoneNumber } from './words.ts'

const day = 86_400_000

/** Every Firestore document of the app, one at a time: memory does not grow with their number. */
export function* generateDocuments(options: SeedOptions): Generator<SeedDocument> {
  for (const tenant of planTenants(options)) yield* tenantDocuments(options, tenant)
}

/** The documents of one tenant. */
export function* tenantDocuments(options: SeedOptions, tenant: TenantPlan): Generator<SeedDocument> {
  const { uid, index } = tenant
  const random = createRandom(options.seed, 'tenant', index)
  const end = seedEnd(options)
  yield { name: `Users/${uid}`, fields: userFields(random, index, end) }
  yield { name: `Roles/${uid}`, fields: { role: text(index === 0 ? 'admin' : 'owner') } }
  if (tenant.hasWhatsappDocument) {
    const client_number = text(`+${phoneNumber(random.below(80_000), 0)}`)
    yield { name: `Whatsapp_Data/${uid}`, fields: { client_number } }
  }
  for (let number = 0; number < tenant.templates; number++) {
    yield { name: `Whatsapp_Data/${uid}/templates/${randomId(random, 20)}`, fields: templateFields(random, end) }
  }
  yield* chatDocuments(options, tenant)
}

function userFields(random: Random, index: number, end: number): Fields {
  const others = ['lead_followup', 'appointment_reminder', 'review_request'].filter(() => random.chance(0.3))
  const workflows = Object.fromEntries(others.map((name) => [name, map(workflowFields(random, end))]))
  return {
    email: text(`owner${index}@${random.pick(['shop', 'mail', 'office'])}.example`),
    workflows: map({ ...workflows, whatsapp_agent: map(agentFields(random, end)) }),
    credentials: map(credentials(random, end)),
  }
}

function workflowFields(random: Random, end: number): Fields {
  const limit = random.pick([100, 500, 2_000, 10_000])
  return {
    executions_used: number(random.below(limit)),
    limit: number(limit),
    reset_date: moment(end + random.below(30 * day)),
    paid: flag(limit > 500),
    setup_completed: flag(random.chance(0.9)),
  }
}

const agentFields = (random: Random, end: number): Fields => ({
  ...workflowFields(random, end),
  sheetConfigs: list(Array.from({ length: random.below(3) }, () => sheetConfig(random, end))),
  lifecycleTagConfigs: list(
    ['vip_lead', 'hot_lead', 'payment'].filter(() => random.chance(0.5)).map((name) => tagConfig(random, name)),
  ),
})

const sheetConfig = (random: Random, end: number): Value =>
  map({
    name: text(`${companyName(random)} leads`),
    sheetId: text(`sheet-${randomId(random, 12)}`),
    active: flag(random.chance(0.8)),
    columns: list(['Name', 'Budget', 'Wish'].slice(0, 1 + random.below(3)).map((name) => sheetColumn(random, name))),
    lastUpdated: number(end - random.below(200 * day)),
    addTrigger: text(random.pick(['first_message', 'appointment_time', 'manual'])),
  })

const sheetColumn = (random: Random, name: string): Value =>
  map({
    id: text(randomId(random, 8)),
    name: text(name),
    description: text(`What the contact says about: ${name.toLowerCase()}`),
    type: text(random.pick(['name', 'service', 'custom'])),
    aiPrompt: text(`Find the ${name.toLowerCase()} in the conversation.`),
  })

const tagConfig = (random: Random, name: string): Value =>
  map({
    id: text(randomId(random, 8)),
    name: text(name),
    keywords: list(['price', 'urgent', 'invoice', 'paid'].filter(() => random.chance(0.5)).map(text)),
    active: flag(random.chance(0.9)),
  })

const credentials = (random: Random, end: number): Fields => ({
  whatsappCredentials: map({
    access_token: text(`FAKE-WHATSAPP-TOKEN-${randomId(random, 32)}`),
    phone_number_id: text(`FAKE-${String(random.below(1e9)).padStart(9, '0')}`),
  }),
  ...(random.chance(0.4)
    ? {
        googleSheetsOAuth: map({
          accessToken: text(`FAKE-SHEETS-ACCESS-${randomId(random, 24)}`),
          refreshToken: text(`FAKE-SHEETS-REFRESH-${randomId(random, 24)}`),
          expiresAt: number(end + random.below(3_600_000)),
        }),
      }
    : {}),
})

const templateFields = (random: Random, end: number): Fields => ({
  name: text(random.pick(['Welcome', 'Opening hours', 'Payment reminder', 'Thank you'])),
  content: text(messageText(random)),
  created_at: moment(end - random.below(600 * day)),
  is_active: flag(random.chance(0.7)),
  type: text(random.pick(['text', 'greeting', 'follow_up'])),
})
