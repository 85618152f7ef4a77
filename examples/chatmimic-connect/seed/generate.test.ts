import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Value } from '../../../src/stores/documents.ts'
import { generate, type SeedItem } from './generate.ts'
import { seedDocuments } from './seed-documents.ts'
import { generateDocuments } from './tenant-documents.ts'
import { planTenants } from './tenant-plan.ts'

const options = { seed: 'generate', tenants: 40, documents: 6_000, embeddingsPerTenant: 2, dims: 8 }

const collection = (name: string): string =>
  name
    .split('/')
    .filter((_, index) => index % 2 === 0)
    .join('/')

const documents = (items: Iterable<SeedItem>): Extract<SeedItem, { kind: 'document' }>[] =>
  [...items].filter((item) => item.kind === 'document')

describe('generate', () => {
  const all = [...generate(options)]
  const docs = documents(all)
  const of = (path: string): typeof docs => docs.filter((document) => collection(document.name) === path)
  const chats = of('Whatsapp_Data/chats')
  const messages = of('Whatsapp_Data/chats/messages')

  test('meets the number of documents exactly, each name once', () => {
    expect(docs).toHaveLength(6_000)
    expect(new Set(docs.map((document) => document.name)).size).toBe(6_000)
  })

  test('the same seed gives the same data, another seed other data', () => {
    const digest = (seed: string): string =>
      createHash('sha256')
        .update(JSON.stringify([...generate({ ...options, tenants: 5, documents: 400, seed })]))
        .digest('hex')
    expect(digest('one')).toBe(digest('one'))
    expect(digest('one')).not.toBe(digest('two'))
  })

  test('sizes are skewed: a fifth of the tenants has more than half of the chats', () => {
    const sizes = [...planTenants(options)].map((tenant) => tenant.chats).sort((a, b) => b - a)
    const top = sizes.slice(0, 8).reduce((sum, size) => sum + size, 0)
    expect(top).toBeGreaterThan(chats.length / 2)
  })

  test('some tenants have no Whatsapp_Data document, only what is below it', () => {
    const parents = of('Whatsapp_Data').length
    expect(parents).toBeGreaterThan(20)
    expect(parents).toBeLessThan(40)
    expect(of('Users')).toHaveLength(40)
    expect(of('Roles')).toHaveLength(40)
  })

  test('old chats hold a number for lastMessageTime and no manually_set_lifecycle; newer ones both as today', () => {
    const kind = (value: Value | undefined): string => Object.keys(value ?? {})[0] ?? 'absent'
    const shapes = chats.map(
      ({ fields }) => `${kind(fields['lastMessageTime'])} ${kind(fields['manually_set_lifecycle'])}`,
    )
    expect(new Set(shapes)).toEqual(new Set(['integerValue absent', 'timestampValue booleanValue']))
  })

  test('dates are mostly day/month/year, a few year-month-day or empty, and agree with the timestamp', () => {
    const count = { dmy: 0, iso: 0, empty: 0 }
    for (const { fields } of messages) {
      const date = readString(fields['date'])
      const day = readTime(fields['timestamp']).slice(0, 10)
      expect([day, day.split('-').toReversed().join('/'), '']).toContain(date)
      count[date === '' ? 'empty' : date.includes('/') ? 'dmy' : 'iso']++
    }
    expect(count.dmy).toBeGreaterThan(messages.length * 0.9)
    expect(count.iso).toBeGreaterThan(0)
    expect(count.empty).toBeGreaterThan(0)
  })

  test('a chat repeats its last message', () => {
    for (const chat of chats) {
      const own = messages.filter((message) => message.name.startsWith(`${chat.name}/`))
      const last = own.at(-1)?.fields['message'] ?? { stringValue: '' }
      expect(chat.fields['lastMessage']).toEqual(last)
    }
  })

  test('secrets are visibly fake and numbers are from ranges kept for fiction', () => {
    for (const { fields } of of('Users')) expect(JSON.stringify(fields['credentials'])).toMatch(/"FAKE-WHATSAPP-TOKEN-/)
    for (const { name } of chats) expect(name).toMatch(/\/(1\d{3}55501\d\d|999\d{9})$/)
  })

  test('rows belong to tables of a tenant, whose key is the MD5 of the uid', () => {
    const tenants = all.filter((item) => item.kind === 'tenant')
    for (const { uid, key } of tenants) expect(key).toBe(createHash('md5').update(uid).digest('hex'))
    const tables = new Set(tenants.flatMap(({ key }) => [`user_table_${key}`, `user_embeddings_${key}`]))
    const rows = all.filter((item) => item.kind === 'row' && item.table !== 'user_configs')
    expect(rows.length).toBeGreaterThan(100)
    for (const item of rows) expect(item.kind === 'row' && tables.has(item.table)).toBe(true)
  })

  test('values survive JSON, as the port asks', () => {
    expect(JSON.parse(JSON.stringify(docs))).toEqual(docs)
  })
})

test('too few documents for the tenants are refused with the number needed', () => {
  expect(() => [...generateDocuments({ seed: 's', tenants: 10, documents: 5 })]).toThrow(/need at least \d\d documents/)
})

test('seedDocuments hands over everything in batches of at most 500', async () => {
  const batches: string[][] = []
  const written = await seedDocuments(
    async (documents) => {
      batches.push(documents.map((document) => document.name))
    },
    { ...options, inFlight: 3 },
  )
  expect(written).toBe(6_000)
  expect(batches.flat()).toEqual([...generateDocuments(options)].map((document) => document.name))
  expect(Math.max(...batches.map((batch) => batch.length))).toBe(500)
})

test('a failing write ends the seeding', async () => {
  const failing = seedDocuments(() => Promise.reject(new Error('no space')), { ...options, inFlight: 2 })
  await expect(failing).rejects.toThrow('no space')
})

const readString = (value: Value | undefined): string => (value && 'stringValue' in value ? value.stringValue : 'none')
const readTime = (value: Value | undefined): string => (value && 'timestampValue' in value ? value.timestampValue : '')
