import firestorePackage from '@google-cloud/firestore'
import { credentials } from '@grpc/grpc-js'
import { LockstepError } from '../../../src/kernel/errors.ts'
import type { Fields, Value } from '../../../src/stores/documents.ts'
import { seedDocuments, type SeedDocumentsOptions } from './seed-documents.ts'

export interface SeedFirestoreOptions extends SeedDocumentsOptions {
  readonly projectId: string
  /** host:port of an emulator or local store. There is no way to seed a production database. */
  readonly emulatorHost: string
}

// v1 is a lazy property of the CommonJS exports: an import by name does not find it.
const { v1 } = firestorePackage

type Client = InstanceType<typeof v1.FirestoreClient>
type BatchWriteRequest = NonNullable<Parameters<Client['batchWrite']>[0]>
type WireWrite = NonNullable<BatchWriteRequest['writes']>[number]
type WireValue = NonNullable<NonNullable<NonNullable<WireWrite['update']>['fields']>[string]>

/** ABORTED, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE: the write may succeed when it is sent again. */
const transient = new Set([4, 10, 13, 14])
const attempts = 8
/** An emulator takes a batch from its admin only, and knows the admin by this. */
const asAdmin = { otherArgs: { headers: { Authorization: 'Bearer owner' } } }

/** For clients of an emulator: keeps them from looking for a Google account on the network. Never sent. */
export const noCredentials = { client_email: 'nobody@chatmimic.example', private_key: 'FAKE' }

/** Writes every document of the app through BatchWrite, 4 requests in flight; returns their number. */
export async function seedFirestore(options: SeedFirestoreOptions): Promise<number> {
  const [host, port] = options.emulatorHost.split(':')
  if (!host || !port) {
    throw new LockstepError('LS-1007', `"${options.emulatorHost}" is not host:port`, {
      where: { name: 'emulatorHost' },
    })
  }
  const client = new v1.FirestoreClient({
    projectId: options.projectId,
    apiEndpoint: host,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    credentials: noCredentials,
  })
  const database = `projects/${options.projectId}/databases/(default)`
  try {
    return await seedDocuments(
      (documents) =>
        batchWrite(
          client,
          database,
          documents.map((document) => wireWrite(database, document)),
        ),
      { inFlight: 4, ...options },
    )
  } finally {
    await client.close()
  }
}

async function batchWrite(client: Client, database: string, writes: readonly WireWrite[]): Promise<void> {
  let pending = [...writes]
  for (let attempt = 1; pending.length > 0; attempt++) {
    const [response] = await client.batchWrite({ database, writes: pending }, asAdmin)
    const codes = (response.status ?? []).map((status) => status.code ?? 0)
    const final = codes.find((code) => code !== 0 && (attempt === attempts || !transient.has(code)))
    if (final !== undefined) throw new LockstepError('LS-3004', `BatchWrite refused a document with gRPC code ${final}`)
    pending = pending.filter((_, index) => codes[index] !== 0)
    if (pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt))
  }
}

const wireWrite = (database: string, document: { name: string; fields: Fields }): WireWrite => ({
  update: { name: `${database}/documents/${document.name}`, fields: wireFields(document.fields) },
})

const wireFields = (fields: Fields): Record<string, WireValue> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, wireValue(value)]))

function wireValue(value: Value): WireValue {
  if ('mapValue' in value) return { mapValue: { fields: wireFields(value.mapValue.fields) } }
  if ('arrayValue' in value) return { arrayValue: { values: value.arrayValue.values.map(wireValue) } }
  if ('timestampValue' in value) return { timestampValue: wireTimestamp(value.timestampValue) }
  if ('nullValue' in value) return { nullValue: 'NULL_VALUE' }
  if ('doubleValue' in value) return { doubleValue: Number(value.doubleValue) }
  if ('geoPointValue' in value) {
    const { latitude, longitude } = value.geoPointValue
    return { geoPointValue: { latitude: Number(latitude), longitude: Number(longitude) } }
  }
  if ('bytesValue' in value) return { bytesValue: Buffer.from(value.bytesValue, 'base64') }
  return value
}

function wireTimestamp(timestamp: string): { seconds: number; nanos: number } {
  const fraction = /\.(\d+)Z$/.exec(timestamp)?.[1] ?? ''
  return { seconds: Math.floor(Date.parse(timestamp) / 1000), nanos: Number(fraction.padEnd(9, '0')) }
}
