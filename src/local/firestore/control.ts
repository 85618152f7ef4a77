import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Databases } from './databases.ts'
import { writeExport } from './export-files.ts'
import { asObject, parseFaultPlan } from './faults.ts'
import type { Faults } from './faults.ts'
import { invalid, toRefusal } from './status.ts'

/** What is asked of a running server by plain HTTP on its port. */
export interface Controlled {
  readonly faults: Faults
  readonly reset: (project: string) => Promise<void>
  readonly crash: (awayMillis?: number) => Promise<void>
  readonly databases: Databases
  readonly importFrom: (folder: string, into: string) => number
}

type Answer = readonly [status: number, body: object]

/** Accepted; it happens once that is told. */
const crashes = 202
const longestBody = 1024 * 1024
const transferPath = /^\/emulator\/v1\/projects\/([^/:]+):(import|export)$/
const documentsPath = /^\/emulator\/v1\/projects\/([^/]+)\/databases\/[^/]+\/documents$/

/**
 * Serves `/faults` (GET says how often each came, PUT sets a plan, DELETE ends it), POST on `/crash`, which answers first, and,
 * as the official emulator does, DELETE on `/emulator/v1/projects/{project}/databases/{database}/documents` and POST on
 * `/emulator/v1/projects/{project}:export` and `:import`, with a body of `database`, `export_directory` (for an import the file of
 * overall metadata, or its folder) and, for an export, `export_name`.
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

async function answer(controlled: Controlled, request: IncomingMessage): Promise<Answer> {
  const { faults, reset } = controlled
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const [, of, way] = (request.method === 'POST' && transferPath.exec(pathname)) || []
  if (of !== undefined) return transfer(controlled, of, way === 'import', JSON.parse(await bodyOf(request)))
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

/** Both ways of an export. */
function transfer({ databases, importFrom }: Controlled, project: string, isImport: boolean, body: unknown): Answer {
  const { database, export_directory: folder, export_name: name } = asObject(body, 'The request')
  const target = typeof database === 'string' ? database : `projects/${project}/databases/(default)`
  if (typeof folder !== 'string') throw invalid('"export_directory" must name a folder.')
  if (isImport) importFrom(folder, target)
  else writeExport(databases.of(target), folder, typeof name === 'string' ? name : 'firestore_export')
  return [200, {}]
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
