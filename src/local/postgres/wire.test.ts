import fc from 'fast-check'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cString, int32, serverMessage } from '../../stores/pglite/server-messages.ts'
import { createResponseFilter, textOf } from './response-filter.ts'
import { createPostgresServer } from './server.ts'
import type { PostgresServer } from './server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await createPostgresServer({ idleLimit: 1000 })
  await server.db.exec('CREATE TABLE wire (id int, t text)')
})
afterAll(() => server.close())

const int16 = (n: number) => Buffer.from([n >> 8, n & 255])
const query = (sql: string) => serverMessage('Q', cString(sql))
const parse = (name: string, sql: string) => serverMessage('P', cString(name), cString(sql), int16(0))
const bind = (statement: string, ...values: string[]) =>
  serverMessage(
    'B',
    cString(''),
    cString(statement),
    int16(0),
    int16(values.length),
    ...values.flatMap((v) => [int32(Buffer.byteLength(v)), Buffer.from(v)]),
    int16(0),
  )
const execute = serverMessage('E', cString(''), int32(0))
const describe = serverMessage('D', Buffer.from('P\0'))
const sync = serverMessage('S')
const flush = serverMessage('H')
const startupBody = Buffer.concat([int32(3 << 16), ...['user', 'postgres', 'database', 'postgres', ''].map(cString)])
const startup = Buffer.concat([int32(startupBody.length + 4), startupBody])

/** A client that sends bytes as they are; `until` resolves with all bytes since the last call once `count` messages of a type came. */
async function dial() {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.setNoDelay(true)
  let received = Buffer.alloc(0)
  let wake = (): void => undefined
  let closed = false
  socket.on('data', (data: Buffer) => ((received = Buffer.concat([received, data])), wake()))
  socket.on('error', () => undefined)
  socket.on('close', () => ((closed = true), wake()))
  await new Promise((resolve) => socket.once('connect', resolve))
  const changed = () => new Promise<void>((resolve) => (wake = resolve))
  const take = (): Buffer => {
    const all = received
    received = Buffer.alloc(0)
    return all
  }
  return {
    write: (bytes: Buffer) => new Promise<void>((resolve) => socket.write(bytes, () => setImmediate(resolve))),
    async until(type: string, count = 1): Promise<Buffer> {
      while (messages(received).filter(([t]) => t === type).length < count && !closed) await changed()
      return take()
    },
    async exactly(count: number): Promise<string> {
      while (received.length < count && !closed) await changed()
      return take().toString()
    },
    async end(): Promise<Buffer> {
      while (!closed) await changed()
      return take()
    },
    destroy: () => socket.destroy(),
  }
}

async function login() {
  const client = await dial()
  await client.write(startup)
  await client.until('Z')
  return client
}

/** Whole messages in the bytes, as type and body. */
function messages(bytes: Buffer): (readonly [string, Buffer])[] {
  const all: (readonly [string, Buffer])[] = []
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + bytes.readInt32BE(at + 1)
    if (end > bytes.length) break
    all.push([String.fromCharCode(bytes[at] ?? 0), bytes.subarray(at + 5, end)])
    at = end
  }
  return all
}
const types = (bytes: Buffer) =>
  messages(bytes)
    .map(([type]) => type)
    .join('')

function cut(bytes: Buffer, points: readonly number[]): Buffer[] {
  const ends = [...points.map((point) => point % bytes.length), bytes.length].sort((a, b) => a - b)
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end)).filter((part) => part.length > 0)
}

const step = fc.oneof(
  fc
    .string({ maxLength: 40, unit: 'grapheme' })
    .map((t) => [parse('', 'SELECT $1::text, length($1)'), bind('', t.replaceAll('\0', '')), describe, execute, sync]),
  fc
    .integer({ min: 0, max: 2000 })
    .map((n) => [query(`SELECT i, repeat('x', i) FROM generate_series(1, ${n % 60}) i`)]),
  fc.constant([query('SELECT 1/0; SELECT 2')]),
  fc.constant([parse('', 'SELECT nope'), bind(''), execute, sync]),
  fc.constant([
    query('BEGIN'),
    query("INSERT INTO wire VALUES (1, 'x')"),
    query('SELECT count(*) FROM wire'),
    query('ROLLBACK'),
  ]),
  fc.constant([
    query('COPY wire FROM STDIN'),
    serverMessage('d', Buffer.from('1\ta\n2')),
    serverMessage('d', Buffer.from('\tb\n')),
    serverMessage('c'),
    query('DELETE FROM wire'),
  ]),
  fc.constant([parse('n', 'SELECT 3'), serverMessage('C', Buffer.from('Sn\0')), sync, flush]),
)

it('answers the same bytes however the messages are cut', async () => {
  const whole = await login()
  const parts = await login()
  const script = fc.array(step, { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(script, fc.array(fc.nat(100_000), { maxLength: 40 }), async (steps, points) => {
      const list = steps.flat()
      const readies = list.filter((m) => 'QS'.includes(String.fromCharCode(m[0] ?? 0))).length
      await whole.write(Buffer.concat(list))
      const expected = await whole.until('Z', readies)
      for (const part of cut(Buffer.concat(list), points)) await parts.write(part)
      const answered = await parts.until('Z', readies)
      expect(messages(answered)).toEqual(messages(expected))
      expect(messages(answered).length).toBeGreaterThan(0)
    }),
    { numRuns: 60 },
  )
  whole.destroy()
  parts.destroy()
})

it('takes a login and queries byte by byte while another client works', async () => {
  const client = await dial()
  const other = await login()
  for (const byte of startup) await client.write(Buffer.from([byte]))
  expect(types(await client.until('Z'))).toMatch(/^RS+KZ$/)
  const work = Buffer.concat([parse('', 'SELECT $1::text'), bind('', 'slow'), execute, sync])
  for (const byte of work) {
    await client.write(Buffer.from([byte]))
    await other.write(Buffer.concat([parse('', "SELECT 'o' || $1::text"), bind('', 'ther'), execute, sync]))
    expect((await other.until('Z')).includes('other')).toBe(true)
  }
  const answer = await client.until('Z')
  expect([types(answer), answer.includes('slow')]).toEqual(['12DCZ', true])
  client.destroy()
  other.destroy()
})

it('keeps the unnamed statement of each client over Sync, whoever comes between', async () => {
  const [a, b] = [await login(), await login()]
  await a.write(Buffer.concat([parse('', 'SELECT $1::int + 1'), sync]))
  await a.until('Z')
  await b.write(Buffer.concat([parse('', "SELECT 'b' || $1::text"), bind('', '1'), execute, sync]))
  await b.until('Z')
  await server.db.query('SELECT 99')
  await a.write(Buffer.concat([bind('', '41'), execute, sync]))
  const answer = await a.until('Z')
  expect(types(answer)).toBe('2DCZ')
  expect(answer.includes('42')).toBe(true)
  a.destroy()
  b.destroy()
})

it('answers Flush at once, keeps the session until Sync, and gives it up when the client goes', async () => {
  const [a, b] = [await login(), await login()]
  await a.write(Buffer.concat([parse('', 'SELECT 5'), flush]))
  expect(types(await a.until('1'))).toBe('1')
  await b.write(query('SELECT 6'))
  await a.write(Buffer.concat([bind(''), execute, sync]))
  expect(types(await a.until('Z'))).toBe('2DCZ')
  expect(types(await b.until('Z'))).toBe('TDCZ')
  await a.write(Buffer.concat([parse('', 'SELEC'), flush]))
  await a.until('E')
  await b.write(query('SELECT 7'))
  a.destroy()
  expect(types(await b.until('Z'))).toBe('TDCZ')
  b.destroy()
})

it.each([
  ['an unknown message type', Buffer.concat([serverMessage('y', int32(1))])],
  ['a negative length', Buffer.from([81, 255, 255, 255, 255])],
  ['a huge length', Buffer.from([81, 127, 255, 255, 255])],
  ['a query in the middle of COPY', Buffer.concat([query('COPY wire FROM STDIN'), query('SELECT 1')])],
])('ends a client that sends %s, and serves the others', async (_what, bytes) => {
  const [bad, good] = [await login(), await login()]
  await bad.write(bytes)
  const last = messages(await bad.end()).at(-1)
  expect(last?.[0]).toBe('E')
  expect(last?.[1].toString()).toContain('FATAL')
  await good.write(query('SELECT 1'))
  expect(types(await good.until('Z'))).toBe('TDCZ')
  good.destroy()
})

it('survives malformed bodies', async () => {
  const client = await login()
  for (const type of ['P', 'B', 'D', 'C', 'E', 'F']) {
    await client.write(Buffer.concat([serverMessage(type, Buffer.from([83])), ...(type === 'F' ? [] : [sync])]))
    expect(types(await client.until('Z'))).toBe('EZ')
  }
  await client.write(query('SELECT 1'))
  expect(types(await client.until('Z'))).toBe('TDCZ')
  client.destroy()
})

it('declines encryption, then serves; negotiates newer minor versions; ignores cancel requests', async () => {
  const client = await dial()
  for (const request of [80877103, 80877104]) {
    await client.write(Buffer.concat([int32(8), int32(request)]))
    expect(await client.exactly(1)).toBe('N')
  }
  const newer = Buffer.from(startup)
  newer.writeInt32BE((3 << 16) + 2, 4)
  await client.write(newer)
  const answer = await client.until('Z')
  expect(types(answer)).toMatch(/^vRS+KZ$/)
  const cancel = await dial()
  await cancel.write(Buffer.concat([int32(16), int32(80877102), int32(1), int32(0)]))
  expect(await cancel.end()).toHaveLength(0)
  client.destroy()
})

it('sends on what the judges leave, however the answer is cut', () => {
  const list = fc.array(fc.tuple(fc.constantFrom('D', 'C', 'Z', 'E'), fc.uint8Array({ maxLength: 30 })), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(list, fc.array(fc.nat(1000), { maxLength: 20 }), (pairs, points) => {
      const all = pairs.map(([type, body]) => serverMessage(type, Buffer.from(body)))
      const sent: Buffer[] = []
      const tags: string[] = []
      const judges = {
        Z: () => 'drop' as const,
        C: (m: Buffer) => (tags.push(textOf(m)), 'pass' as const),
        E: () => serverMessage('E', cString('other')),
      }
      const filter = createResponseFilter(judges, (bytes) => sent.push(Buffer.from(bytes)))
      if (all.length > 0) cut(Buffer.concat(all), points).forEach((part) => filter.push(part))
      const kept = all.filter((m) => m[0] !== 90).map((m) => (m[0] === 69 ? serverMessage('E', cString('other')) : m))
      expect(Buffer.concat(sent).equals(Buffer.concat(kept))).toBe(true)
      expect(tags).toHaveLength(pairs.filter(([type]) => type === 'C').length)
    }),
  )
})
