import { randomBytes, randomInt } from 'node:crypto'
import { Timestamp, type DocumentData, type UpdateData } from '@google-cloud/firestore'
import { messageText, personName } from '../seed/words.ts'
import { differences, encodeFields, unsetLanguage } from './expectations.ts'
import { exactly, pickFrom, read, SimulatorError, write, type Call } from './session.ts'

const lifecycles = ['new_lead', 'vip_lead', 'hot_lead', 'payment', 'customer', 'cold_lead'] as const
const languages = ['de', 'fr', 'es'] as const
const alreadyExists = 6

/** Runs `work` on a chat of the tenant that exists, alone on that chat; nothing where there is none. */
async function onChat(call: Call, work: (name: string) => Promise<void>): Promise<void> {
  const { session, tenant, random } = call
  const name = pickFrom(random, tenant.chats)
  if (name === undefined) return
  await session.lanes.run(name, async () => {
    if (tenant.chats.has(name)) await work(name)
  })
}

const update = (call: Call, name: string, data: UpdateData<DocumentData>): Promise<unknown> =>
  write(call, { store: 'firestore', target: name, write: 'update', fields: exactly(data) }, () =>
    call.session.firestore.doc(name).update(data),
  )

/** Replaces the whole document; a chat written without a language has none, until a migration gives it the default. */
const set = (call: Call, name: string, data: DocumentData, fields = exactly(data)): Promise<unknown> =>
  write(call, { store: 'firestore', target: name, write: 'set', fields }, () =>
    call.session.firestore.doc(name).set(data),
  )

async function addMessage(call: Call, chat: string, sender: 'user' | 'agent' | 'human'): Promise<void> {
  const { session, random } = call
  const now = Timestamp.now()
  const date = now.toDate().toISOString().slice(0, 10).split('-').toReversed().join('/')
  const data = { date, message: messageText(random), sender, timestamp: now }
  const name = `${chat}/messages/${randomBytes(10).toString('hex')}`
  const event = { store: 'firestore', target: name, write: 'set', fields: exactly(data) } as const
  await write(call, event, async () => {
    try {
      await session.firestore.doc(name).create(data)
    } catch (error) {
      // The id is ours alone: an earlier attempt, whose answer was lost, has created it.
      if (!(error instanceof Error && 'code' in error && error.code === alreadyExists)) throw error
    }
  })
  await update(call, chat, { lastMessage: data.message, lastMessageTime: now, lastMessageSender: sender })
}

/** A contact writes: a message document, then the chat's last message. */
export const incomingMessage = (call: Call): Promise<void> => onChat(call, (name) => addMessage(call, name, 'user'))

/** The agent or a person answers. */
export const agentReply = (call: Call): Promise<void> =>
  onChat(call, async (name) => {
    await addMessage(call, name, call.random.chance(0.8) ? 'agent' : 'human')
    const workflowStatus = { name: 'whatsapp_agent', status: 'in_progress', timestamp: Date.now() }
    if (call.random.chance(0.3)) await update(call, name, { workflowStatus })
  })

export const toggleAgent = (call: Call): Promise<void> =>
  onChat(call, async (name) => {
    const on = call.random.chance(0.5)
    await update(call, name, { agentStatus: on ? 'on' : 'off', humanAgent: !on })
  })

export const tagChat = (call: Call): Promise<void> =>
  onChat(call, async (name) => {
    const tags = ['billing', 'delivery', 'returning'].filter(() => call.random.chance(0.5))
    await update(call, name, { tags, lifecycle: call.random.pick(lifecycles), manually_set_lifecycle: true })
  })

/** A new client says which language a chat is in. */
export const setLanguage = (call: Call): Promise<void> =>
  onChat(call, async (name) => {
    await update(call, name, { language: call.random.pick(languages) })
  })

export async function newChat(call: Call): Promise<void> {
  const phone = `999${String(randomInt(1e9)).padStart(9, '0')}`
  const name = `Whatsapp_Data/${call.tenant.uid}/chats/${phone}`
  await call.session.lanes.run(name, () => createChat(call, name))
}

/** Deletes a chat and leaves its messages behind, as the app does. */
export const deleteChat = (call: Call): Promise<void> =>
  onChat(call, async (name) => {
    call.tenant.chats.delete(name)
    const event = { store: 'firestore', target: name, write: 'delete', fields: {} } as const
    await write(call, event, () => call.session.firestore.doc(name).delete())
    call.tenant.deleted.add(name)
  })

/** The contact of a deleted chat writes again. */
export async function recreateChat(call: Call): Promise<void> {
  const { session, tenant, random } = call
  const name = pickFrom(random, tenant.deleted)
  if (name === undefined) return
  await session.lanes.run(name, async () => {
    if (tenant.deleted.delete(name)) await createChat(call, name)
  })
}

async function createChat(call: Call, name: string): Promise<void> {
  const { random, client, tenant } = call
  const now = Timestamp.now()
  const data = {
    agentStatus: 'on',
    contactName: personName(random),
    createdAt: now,
    humanAgent: false,
    lastMessage: '',
    lastMessageSender: 'user',
    lastMessageTime: now,
    phoneNumber: `+${name.slice(name.lastIndexOf('/') + 1)}`,
    status: 'open',
    tags: [],
    lifecycle: 'new_lead',
    manually_set_lifecycle: false,
    assignedTeam: '',
    workflowStatus: { name: 'whatsapp_agent', status: 'started', timestamp: now.toMillis() },
  }
  if (client === 'new') await set(call, name, { ...data, language: random.pick(languages) })
  else await set(call, name, data, { ...exactly(data), language: unsetLanguage })
  tenant.chats.add(name)
}

/** The fields of a chat that an old client has in its types. */
const knownFields = new Set([
  'agentStatus',
  'contactName',
  'createdAt',
  'humanAgent',
  'lastMessage',
  'lastMessageSender',
  'lastMessageTime',
  'phoneNumber',
  'status',
  'tags',
  'lifecycle',
  'manually_set_lifecycle',
  'assignedTeam',
  'workflowStatus',
])

/** An old client that loads a chat, changes it and writes back the fields that it knows: `language` is lost. */
export const rewriteChat = (call: Call): Promise<void> =>
  onChat(call, async (name) => {
    const { session, random } = call
    const data = (await read(call, () => session.firestore.doc(name).get())).data()
    if (data === undefined) throw new SimulatorError('MISSING', name, 'a chat that nobody deleted is gone')
    const known = Object.fromEntries(Object.entries(data).filter(([field]) => knownFields.has(field)))
    const changed = { ...known, status: random.pick(['open', 'closed']) }
    await set(call, name, changed, { ...exactly(changed), language: unsetLanguage })
  })

/** Reads one chat and compares it with what was written last. */
export const readChat = (call: Call): Promise<void> =>
  onChat(call, async (name) => {
    const { session } = call
    const data = (await read(call, () => session.firestore.doc(name).get())).data()
    const expected = session.journal.expectation(name)
    const different = expected ? differences(expected, data && encodeFields(data)) : []
    if (different.length > 0) {
      const fields = different.map((field) => field || 'the document').join(', ')
      throw new SimulatorError('LOST', name, `not what was written last: ${fields}`)
    }
  })

/** Reads the latest chats, as the app's first screen does; a new client takes 'en' for a language not there. */
export async function readChats(call: Call): Promise<void> {
  const { session, tenant, client } = call
  const chats = session.firestore.collection(`Whatsapp_Data/${tenant.uid}/chats`)
  const { docs } = await read(call, () => chats.orderBy('lastMessageTime', 'desc').limit(20).get())
  if (client === 'old') return
  for (const doc of docs) {
    const language: unknown = doc.get('language') ?? 'en'
    if (typeof language !== 'string' || language === '') {
      throw new SimulatorError('WRONG_SHAPE', doc.ref.path, 'language is not a text')
    }
  }
}

/** The first chats of a tenant by name, to work on. */
export async function loadChats(call: Call, limit: number): Promise<void> {
  const { session, tenant } = call
  const chats = session.firestore.collection(`Whatsapp_Data/${tenant.uid}/chats`)
  const { docs } = await read(call, () => chats.select().limit(limit).get())
  for (const doc of docs) tenant.chats.add(doc.ref.path)
}
