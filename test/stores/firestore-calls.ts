import { v1 } from '@google-cloud/firestore'
import { credentials } from '@grpc/grpc-js'

export type Client = InstanceType<typeof v1.FirestoreClient>
type Request<Method extends keyof Client> = NonNullable<
  Parameters<Extract<Client[Method], (request?: never) => unknown>>[0]
>
export type WriteMessage = NonNullable<Request<'commit'>['writes']>[number]
export type QueryMessage = NonNullable<Request<'runQuery'>['structuredQuery']>
export type FieldsMessage = NonNullable<NonNullable<WriteMessage['update']>['fields']>
export type ValueMessage = FieldsMessage[string]
export type TransformMessage = NonNullable<WriteMessage['updateTransforms']>[number]

/** The raw protocol of one project on one server, without retries. */
export interface Calls {
  readonly host: string
  readonly client: Client
  readonly database: string
  /** What document names start with, `.../documents`. */
  readonly root: string
  /** Call options that route to the project and never retry. */
  readonly options: object
  name(path: string): string
  commit(writes: readonly WriteMessage[], transaction?: Uint8Array): Promise<Message>
  batchWrite(writes: readonly WriteMessage[]): Promise<BatchAnswer>
  get(paths: readonly string[], extra?: object): Promise<readonly Message[]>
  query(query: QueryMessage, parent?: string, extra?: object): Promise<readonly Message[]>
  /** Only the paths of the documents found. */
  found(query: QueryMessage, parent?: string): Promise<readonly string[]>
  aggregate(query: QueryMessage, aggregations: readonly object[], extra?: object): Promise<readonly Message[]>
  begin(options?: object): Promise<Uint8Array>
  close(): Promise<void>
}

export interface Message {
  readonly [key: string]: unknown
  readonly document?: { readonly name?: string | null } | null
}

export interface BatchAnswer extends Message {
  readonly writeResults?: readonly { readonly updateTime?: TimeMessage | null }[] | null
}

export interface TimeMessage {
  readonly seconds?: { toString(): string } | number | string | null
  readonly nanos?: number | null
}

const clients = new Map<string, Client>()

function clientOf(host: string): Client {
  const [servicePath = '', port] = host.split(':')
  const known = clients.get(host)
  if (known) return known
  const sslCreds = credentials.createInsecure()
  const made = new v1.FirestoreClient({
    servicePath,
    port: Number(port),
    sslCreds,
    projectId: 'unused',
    fallback: false,
  })
  clients.set(host, made)
  return made
}

/** Calls for a project of its own; the connection is shared by all calls to one host. */
export function createCalls(host: string, project: string): Calls {
  const client = clientOf(host)
  const database = `projects/${project}/databases/(default)`
  const root = `${database}/documents`
  const options = {
    otherArgs: { headers: { 'google-cloud-resource-prefix': database, authorization: 'Bearer owner' } },
    retryRequestOptions: { retries: 0, noResponseRetries: 0 },
    retry: null,
    timeout: 20_000,
  }
  const query: Calls['query'] = (structuredQuery, parent = '', extra = {}) =>
    collect(client.runQuery({ parent: join(root, parent), structuredQuery, ...extra }, options))
  return {
    host,
    client,
    database,
    root,
    options,
    name: (path) => `${root}/${path}`,
    commit: async (writes, transaction) => {
      const [answer] = await client.commit({ database, writes: [...writes], transaction: transaction ?? null }, options)
      return { ...answer }
    },
    batchWrite: async (writes) => {
      const [answer] = await client.batchWrite({ database, writes: [...writes] }, options)
      return { ...answer }
    },
    get: (paths, extra = {}) =>
      collect(
        client.batchGetDocuments({ database, documents: paths.map((path) => join(root, path)), ...extra }, options),
      ),
    query,
    found: async (structuredQuery, parent) => {
      const answers = await query(structuredQuery, parent)
      return answers.flatMap(({ document }) => (document?.name ? [document.name.slice(root.length + 1)] : []))
    },
    aggregate: (structuredQuery, aggregations, extra = {}) =>
      collect(
        client.runAggregationQuery(
          { parent: root, structuredAggregationQuery: { structuredQuery, aggregations: [...aggregations] }, ...extra },
          options,
        ),
      ),
    begin: async (transactionOptions) => {
      const [answer] = await client.beginTransaction({ database, options: transactionOptions ?? {} }, options)
      return Buffer.from(answer.transaction ?? '')
    },
    close: async () => {
      clients.delete(host)
      await client.close()
    },
  }
}

const join = (root: string, path: string): string =>
  path === '' ? root : path.startsWith('!') ? path.slice(1) : `${root}/${path}`

function collect(stream: NodeJS.EventEmitter): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    const all: Message[] = []
    stream.on('data', (message: Message) => all.push(message))
    stream.on('error', reject)
    stream.on('end', () => resolve(all))
  })
}

export const integer = (value: number | string): ValueMessage => ({ integerValue: String(value) })
export const double = (value: number): ValueMessage => ({ doubleValue: value })
export const text = (value: string): ValueMessage => ({ stringValue: value })
export const nothing: ValueMessage = { nullValue: 'NULL_VALUE' }
export const list = (...values: ValueMessage[]): ValueMessage => ({ arrayValue: { values } })
export const map = (fields: FieldsMessage): ValueMessage => ({ mapValue: { fields } })
export const vector = (...values: ValueMessage[]): ValueMessage =>
  map({ __type__: text('__vector__'), value: list(...values) })

/** A write that makes the document have these fields, with more properties of the write. */
export const put = (calls: Calls, path: string, fields: FieldsMessage, more: WriteMessage = {}): WriteMessage => ({
  update: { name: calls.name(path), fields },
  ...more,
})
