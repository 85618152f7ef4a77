import { createHash } from 'node:crypto'
import { LockstepError } from '../../../src/kernel/errors.ts'
import { createRandom, randomId, share, skewed } from './random.ts'

/** What is generated. The same options give the same data; `until` is the moment at which the data ends. */
export interface SeedOptions {
  readonly seed: string
  readonly tenants: number
  /** Exactly so many documents in all; without it the size follows from the averages below. */
  readonly documents?: number | undefined
  /** Average; ignored where `documents` is given. Default 20. */
  readonly chatsPerTenant?: number | undefined
  /** Average. Default 10. */
  readonly messagesPerChat?: number | undefined
  /** Average. Default 20. */
  readonly embeddingsPerTenant?: number | undefined
  /** Dimensions of an embedding. Default 1536. */
  readonly dims?: number | undefined
  /** RFC 3339. Default 2025-11-20T18:00:00Z. */
  readonly until?: string | undefined
}

/** How much of everything one tenant has. */
export interface TenantPlan {
  readonly index: number
  readonly uid: string
  /** MD5 of the uid: the end of its table names. */
  readonly key: string
  /** False: only the subcollections below `Whatsapp_Data/{uid}` exist. */
  readonly hasWhatsappDocument: boolean
  readonly templates: number
  readonly chats: number
  readonly messages: number
  readonly settings: number
  readonly embeddings: number
}

/** The uid of a tenant: 28 letters and digits, as Firebase makes them. */
export const tenantUid = (seed: string, index: number): string => randomId(createRandom(seed, 'uid', index), 28)

/** The end of a tenant's table names. */
export const tenantKey = (uid: string): string => createHash('md5').update(uid).digest('hex')

/** The tenants in order, one at a time. LS-1007 where `documents` is too small for so many tenants. */
export function* planTenants(options: SeedOptions): Generator<TenantPlan> {
  const { seed, tenants, messagesPerChat = 10, embeddingsPerTenant = 20 } = options
  const weight = (index: number): number => skewed(createRandom(seed, 'size', index), 300)
  const conversations = share(conversationDocuments(options), tenants, weight)
  const embeddings = share(tenants * embeddingsPerTenant, tenants, weight)
  for (let index = 0; index < tenants; index++) {
    const uid = tenantUid(seed, index)
    const budget = conversations.next().value ?? 0
    const chats = budget === 0 ? 0 : Math.max(1, Math.round(budget / (1 + messagesPerChat)))
    yield {
      index,
      uid,
      key: tenantKey(uid),
      ...fixedParts(seed, index),
      chats,
      messages: budget - chats,
      settings: createRandom(seed, 'settings', index).chance(0.05) ? 2 : 1,
      embeddings: embeddings.next().value ?? 0,
    }
  }
}

/** Users, Roles, the Whatsapp_Data document and the templates: what a tenant has however large it is. */
function fixedParts(seed: string, index: number): Pick<TenantPlan, 'hasWhatsappDocument' | 'templates'> {
  const random = createRandom(seed, 'fixed', index)
  return { hasWhatsappDocument: random.chance(0.75), templates: random.below(5) }
}

function conversationDocuments(options: SeedOptions): number {
  const { seed, tenants, documents, chatsPerTenant = 20, messagesPerChat = 10 } = options
  if (documents === undefined) return Math.round(tenants * chatsPerTenant * (1 + messagesPerChat))
  let fixed = 0
  for (let index = 0; index < tenants; index++) {
    const { hasWhatsappDocument, templates } = fixedParts(seed, index)
    fixed += 2 + Number(hasWhatsappDocument) + templates
  }
  if (documents < fixed) {
    throw new LockstepError('LS-1007', `${tenants} tenants need at least ${fixed} documents, not ${documents}`, {
      where: { name: 'documents' },
      hint: `ask for ${fixed} documents or more, or for fewer tenants`,
    })
  }
  return documents - fixed
}
