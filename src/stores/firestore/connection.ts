import { LockstepError } from '../../kernel/errors.ts'
import type { DocumentTarget } from '../documents.ts'
import { createClient } from './create-client.ts'
import { createDirectCalls, type DirectCalls } from './direct-calls.ts'
import { storeError } from './failures.ts'
import { parseInstance, type InstanceSettings } from './instance.ts'
import { loadRawClientClass } from './peer.ts'
import type { CallOptions, RawClient } from './protocol.ts'
import { isRawClient } from './shapes.ts'

export interface FirestoreOptions {
  readonly projectId: string
  /** Default `(default)`. */
  readonly databaseId?: string
  /** host:port; production when absent. The environment is not looked at. */
  readonly emulatorHost?: string
  /** A Firestore instance or v1.FirestoreClient the caller made; any copy of the driver, 7 to 9, or firebase-admin's. */
  readonly client?: unknown
  /** The folder whose node_modules has the driver. Default: the working directory. */
  readonly resolveFrom?: string
  /** A service account's key file; else the credentials found by the driver (ADC). */
  readonly keyFile?: string
}

/** A raw client with the names and options each call needs. */
export interface Connection {
  readonly client: RawClient
  /** How documents are read and written, where the driver lets us; else the client's own calls. */
  readonly direct?: DirectCalls | undefined
  readonly target: DocumentTarget
  /** `projects/p/databases/d` */
  readonly database: string
  /** `projects/p/databases/d/documents`, the parent of root collections. */
  readonly root: string
  readonly call: CallOptions
  close(): Promise<void>
}

const deadline = 60_000

/** Opens a connection and waits until the server answers: LS-3001 when it does not, LS-3004 when it refuses. */
export async function openConnection(options: FirestoreOptions): Promise<Connection> {
  const connection = await connect(options)
  const { client, target } = connection
  let stub: unknown
  try {
    // A method called before this has rejected would end the process: the driver lets that rejection go unhandled.
    stub = await within(client.initialize(), 15_000)
  } catch (error) {
    throw storeError(error, target, 'signing in')
  }
  try {
    await probe(connection)
    return { ...connection, direct: createDirectCalls(client, stub) }
  } catch (error) {
    await connection.close()
    throw storeError(error, target, 'connecting')
  }
}

async function connect(options: FirestoreOptions): Promise<Connection> {
  if (isRawClient(options.client)) {
    const target = {
      project: options.projectId,
      database: options.databaseId ?? '(default)',
      emulator: options.emulatorHost,
    }
    return describe({ client: options.client, target, headers: {}, close: async () => {} })
  }
  const instance = options.client === undefined ? undefined : parseInstance(options.client)
  const target = instance === undefined ? targetOf(options) : agree(options, instance)
  const rawClientClass = instance?.rawClientClass ?? (await loadRawClientClass(options.resolveFrom ?? process.cwd()))
  const client = createClient({ client: rawClientClass, documents: rawClientClass }, target, {
    ...instance?.options,
    ...(options.keyFile === undefined ? {} : { keyFilename: options.keyFile }),
  })
  return describe({ client, target, headers: instance?.headers ?? {}, close: () => client.close() })
}

function targetOf(options: FirestoreOptions): DocumentTarget {
  return { project: options.projectId, database: options.databaseId ?? '(default)', emulator: options.emulatorHost }
}

/** An instance that points elsewhere than the configuration says must not be used: not even to read. */
function agree(options: FirestoreOptions, instance: InstanceSettings): DocumentTarget {
  const pairs: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['project', options.projectId, instance.project ?? options.projectId],
    ['database', options.databaseId, instance.database],
    ['emulator', options.emulatorHost, instance.emulator],
  ]
  for (const [what, configured, actual] of pairs) {
    if (configured === undefined || configured === actual) continue
    throw new LockstepError('LS-1005', `the given Firestore instance has another ${what} than the configuration`, {
      why: `configured: ${configured}; instance: ${actual ?? 'production'}`,
      hint: 'make them the same, or give only the instance',
    })
  }
  return { project: options.projectId, database: instance.database, emulator: instance.emulator }
}

interface Parts {
  readonly client: RawClient
  readonly target: DocumentTarget
  readonly headers: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

function describe({ client, target, headers, close }: Parts): Connection {
  const database = databaseOf(target)
  return { client, target, database, root: `${database}/documents`, call: callOptions(target, headers), close }
}

/** `projects/p/databases/d` */
export function databaseOf({ project, database }: DocumentTarget): string {
  return `projects/${project}/databases/${database}`
}

/** What each call is made with: the database it is for, who calls, and no retries but ours. */
export function callOptions(target: DocumentTarget, headers: Readonly<Record<string, string>>): CallOptions {
  const owner = target.emulator === undefined ? {} : { authorization: 'Bearer owner' }
  return {
    timeout: deadline,
    // The driver would repeat writes by itself and hold query errors back for seconds.
    retry: { retryCodes: [] },
    retryRequestOptions: { retries: 0, noResponseRetries: 0 },
    otherArgs: { headers: { 'google-cloud-resource-prefix': databaseOf(target), ...owner, ...headers } },
  }
}

const probeTimeout = 15_000

/** The emulator walks through every document to list collections; a commit of nothing costs it nothing. */
async function probe({ client, target, root, database, call }: Connection): Promise<void> {
  const options = { ...call, timeout: probeTimeout }
  const answer: Promise<unknown> =
    target.emulator === undefined
      ? client.listCollectionIds({ parent: root, pageSize: 1 }, { ...options, autoPaginate: false })
      : client.commit({ database, writes: [] }, options)
  await within(answer, probeTimeout + 1_000)
}

/** The driver's own deadline starts only once it has an access token; looking for credentials has none. */
export async function within<T>(work: Promise<T>, millis: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`no answer within ${millis} ms`), { code: 4 })), millis)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
