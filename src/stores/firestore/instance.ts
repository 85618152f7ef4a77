import { LockstepError } from '../../kernel/errors.ts'
import { findRawClientClass } from './peer.ts'
import { isObject, type RawClientClass, type RawClientOptions } from './shapes.ts'

/** What a user's own Firestore instance knows about where it points and how it signs in. */
export interface InstanceSettings {
  readonly project: string | undefined
  readonly database: string
  /** host:port when the instance talks to an emulator, else undefined. */
  readonly emulator: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly options: RawClientOptions
  /** The raw client of the same copy of the driver; undefined when the instance does not lead to it. */
  readonly rawClientClass: RawClientClass | undefined
}

/** Reads a Firestore instance of any copy and version by its shape. LS-1007 for anything else. */
export function parseInstance(instance: unknown): InstanceSettings {
  const settings = isObject(instance) ? instance['_settings'] : undefined
  if (!isObject(instance) || !isObject(settings) || typeof instance['batch'] !== 'function') {
    throw new LockstepError('LS-1007', 'the given client is not a Firestore instance of the server SDK', {
      why: 'it has neither the methods of v1.FirestoreClient nor the settings of @google-cloud/firestore',
      hint: "pass `new Firestore(...)` of @google-cloud/firestore or `getFirestore()` of firebase-admin, not of the web SDK 'firebase'",
    })
  }
  return {
    project: text(settings['projectId']) ?? text(instance['_projectId']),
    database: text(settings['databaseId']) ?? text(instance['_databaseId']) ?? '(default)',
    emulator: settings['ssl'] === false ? hostOf(settings) : undefined,
    headers: textsOf(settings['customHeaders']),
    options: settings,
    rawClientClass: findRawClientClass(instance.constructor),
  }
}

function hostOf(settings: Record<string, unknown>): string | undefined {
  const host = text(settings['servicePath']) ?? text(settings['apiEndpoint'])
  const port = settings['port']
  return host === undefined ? undefined : typeof port === 'number' ? `${host}:${port}` : host
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
