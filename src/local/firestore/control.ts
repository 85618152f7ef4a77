import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { parseFaultPlan } from './faults.ts'
import type { Faults } from './faults.ts'
import { toRefusal } from './status.ts'

/** What is asked of a running server by plain HTTP on its port. */
export interface Controlled {
  readonly faults: Faults
  readonly reset: (project: string) => Promise<void>
  readonly crash: (awayMillis?: number) => Promise<void>
}

type Answer = readonly [status: number, body: object]

/** Accepted; it happens once that is told. */
const crashes = 202
const longestBody = 1024 * 1024
const documentsPath = /^\/emulator\/v1\/projects\/([^/]+)\/databases\/[^/]+\/documents$/

/**
 * Serves `/faults` (GET says how often each came, PUT sets a plan, DELETE ends it), POST on `/crash`, which answers first, and,
 * as the official emulator does, DELETE on `/emulator/v1/projects/{project}/databases/{database}/documents`.
 */
export function createControl(controlled: Controlled): Server {
  return createServer((request, reply) => {
    void respond(controlled, request, reply)
  })
}

async function respond(controlled: Controlled, request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const [status, body] = await answer(controlled, request).catch((error: unknown): Answer => [
    400,
    { error: toRefusal(error).details },
  ])
  reply.writeHead(status, { 'content-type': 'application/json' })
  reply.end(`${JSON.stringify(body)}\n`, () => {
    if (status === crashes) void controlled.crash()
  })
}

async function answer({ faults, reset }: Controlled, request: IncomingMessage): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const project = request.method === 'DELETE' ? documentsPath.exec(pathname)?.[1] : undefined
  if (project !== undefined) {
    await reset(project)
    return [200, {}]
  }
  if (pathname === '/crash' && request.method === 'POST') return [crashes, {}]
  if (pathname !== '/faults') return [404, { error: `There is nothing at ${pathname}.` }]
  switch (request.method) {
    case 'GET':
      return [200, faults.counts()]
    case 'DELETE':
      faults.set(undefined)
      return [200, {}]
    case 'PUT':
      faults.set(parseFaultPlan(JSON.parse(await bodyOf(request))))
      return [200, {}]
    default:
      return [405, { error: 'GET, PUT or DELETE.' }]
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > longestBody) throw new Error(`The body is longer than ${longestBody} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
