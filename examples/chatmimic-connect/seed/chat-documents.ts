import type { Fields, Value } from '../../../src/stores/documents.ts'
import { createRandom, randomId, share, skewed } from './random.ts'
import type { SeedOptions, TenantPlan } from './tenant-plan.ts'
import { flag, list, map, moment, number, text } from './values.ts'
import { messageText, personName, phoneNumber } from './words.ts'

export interface SeedDocument {
  /** Relative to the database. */
  readonly name: string
  readonly fields: Fields
}

interface ChatPlan {
  readonly name: string
  readonly phone: string
  readonly messages: number
  readonly createdAt: number
  /** Milliseconds from message to message. */
  readonly gap: number
  readonly key: readonly [string, string, number]
}

interface Message {
  readonly id: string
  readonly text: string
  readonly sender: 'agent' | 'human' | 'user'
  readonly at: number
  readonly date: string
}

const day = 86_400_000
const span = 900 * day
const lifecycles = ['new_lead', 'vip_lead', 'hot_lead', 'payment', 'customer', 'cold_lead'] as const
const tags = ['billing', 'delivery', 'returning', 'wholesale', 'complaint', 'newsletter'] as const
const teams = ['', 'sales', 'support', 'back office'] as const

/** The moment at which generated data ends, in milliseconds. */
export const seedEnd = (options: SeedOptions): number => Date.parse(options.until ?? '2025-11-20T18:00:00Z')

/** A document from before the app learned to write it in today's way. */
const isOld = (createdAt: number, end: number): boolean => createdAt < end - 500 * day

/** The chats of a tenant, each followed by its messages; one at a time. */
export function* chatDocuments(options: SeedOptions, tenant: TenantPlan): Generator<SeedDocument> {
  const { seed } = options
  const end = seedEnd(options)
  const start = createRandom(seed, 'phones', tenant.index).below(80_000)
  const weight = (index: number): number => skewed(createRandom(seed, 'length', tenant.uid, index), 200) - 0.9
  let index = 0
  for (const messages of share(tenant.messages, tenant.chats, weight)) {
    const plan = chatPlan({ seed, uid: tenant.uid, index, phone: phoneNumber(start, index), messages, end })
    yield { name: plan.name, fields: chatFields(plan, end) }
    for (let position = 0; position < messages; position++) yield messageDocument(plan, position, end)
    index++
  }
}

interface ChatFacts {
  readonly seed: string
  readonly uid: string
  readonly index: number
  readonly phone: string
  readonly messages: number
  readonly end: number
}

function chatPlan({ seed, uid, index, phone, messages, end }: ChatFacts): ChatPlan {
  const random = createRandom(seed, 'chat-time', uid, index)
  const createdAt = end - 60_000 - random.below(span)
  const gap = Math.min(60_000 + random.below(2 * day), (end - createdAt) / (messages + 1))
  const name = `Whatsapp_Data/${uid}/chats/${phone}`
  return { name, phone, messages, createdAt, gap, key: [seed, uid, index] }
}

function chatFields(plan: ChatPlan, end: number): Fields {
  const random = createRandom('chat', ...plan.key)
  const old = isOld(plan.createdAt, end)
  const last = plan.messages === 0 ? undefined : messageAt(plan, plan.messages - 1, end)
  const lastAt = Math.floor(last?.at ?? plan.createdAt)
  return {
    agentStatus: text(random.chance(0.8) ? 'on' : 'off'),
    contactName: text(random.chance(0.1) ? '' : personName(random)),
    createdAt: moment(plan.createdAt),
    humanAgent: flag(random.chance(0.2)),
    ...lastMessageFields(last),
    lastMessageTime: old ? number(lastAt) : moment(lastAt),
    phoneNumber: text(`+${plan.phone}`),
    status: text(random.chance(0.6) ? 'open' : 'closed'),
    tags: list(tags.filter(() => random.chance(0.15)).map(text)),
    lifecycle: text(random.pick(lifecycles)),
    ...(old ? {} : { manually_set_lifecycle: flag(random.chance(0.15)) }),
    assignedTeam: text(random.pick(teams)),
    workflowStatus: workflowStatus(random.pick(['started', 'ended', 'in_progress']), lastAt),
  }
}

const lastMessageFields = (last: Message | undefined): Fields => ({
  lastMessage: text(last?.text ?? ''),
  lastMessageSender: text(last?.sender ?? 'user'),
})

const workflowStatus = (status: string, at: number): Value =>
  map({ name: text('whatsapp_agent'), status: text(status), timestamp: number(at) })

function messageDocument(plan: ChatPlan, position: number, end: number): SeedDocument {
  const message = messageAt(plan, position, end)
  return {
    name: `${plan.name}/messages/${message.id}`,
    fields: {
      date: text(message.date),
      message: text(message.text),
      sender: text(message.sender),
      timestamp: moment(message.at),
    },
  }
}

/** Made from its position alone, so that a chat can name its last message before the messages are generated. */
function messageAt(plan: ChatPlan, position: number, end: number): Message {
  const random = createRandom('message', ...plan.key, position)
  const at = Math.floor(plan.createdAt + (position + random.next()) * plan.gap)
  return {
    id: randomId(random, 20),
    text: messageText(random),
    sender: position === 0 ? 'user' : random.pick(['agent', 'agent', 'user', 'user', 'user', 'human']),
    at,
    date: messageDate(at, isOld(at, end) ? random.next() : 1),
  }
}

/** Day/month/year; in old messages one in twenty the other way round and one in fifty empty. */
function messageDate(at: number, luck: number): string {
  const iso = new Date(at).toISOString().slice(0, 10)
  if (luck < 0.02) return ''
  if (luck < 0.07) return iso
  return iso.split('-').toReversed().join('/')
}
