import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ServiceDefinition } from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import { LockstepError } from '../../kernel/errors.ts'

/** Firestore's messages and service, as the installed official client defines them. */
export interface Protocol {
  /** Every method of google.firestore.v1.Firestore; requests arrive as bytes, replies leave as plain messages. */
  readonly service: ServiceDefinition
  /** A message as plain properties; unset fields are defaults on its prototype. `T` is trusted to fit the type. */
  decode<T>(type: string, bytes: Uint8Array): T
  encode(type: string, message: object): Buffer
}

const packageName = '@google-cloud/firestore'
const servicePath = 'google.firestore.v1.Firestore'

let loaded: Protocol | undefined

/** Reads the definitions once a process. LS-1006 when the official client is not installed. */
export function loadProtocol(): Protocol {
  loaded ??= createProtocol(readDefinitions('v1.json'))
  return loaded
}

/** The messages of the official client's file of that name. LS-1006 when it is not installed, or has no such file. */
export function readDefinitions(name: string): protobuf.Root {
  const folder = packageFolder()
  const file = ['build/protos', 'build/src/protos', 'build/esm/protos']
    .map((path) => join(folder, path, name))
    .find((path) => existsSync(path))
  if (!file) throw missing(`${packageName} is installed, but has no protocol definitions in build/protos/${name}`)
  return protobuf.Root.fromJSON(JSON.parse(readFileSync(file, 'utf8')) as protobuf.INamespace)
}

/** The folder of the package, found from a file in it, because the package may not export its package.json. */
function packageFolder(): string {
  const resolve = createRequire(import.meta.url).resolve
  let entry: string
  try {
    entry = resolve(packageName)
  } catch (cause) {
    throw missing(`the package ${packageName} cannot be found`, cause)
  }
  let folder = dirname(entry)
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

function missing(message: string, cause?: unknown): LockstepError {
  return new LockstepError('LS-1006', message, { hint: `npm install ${packageName}`, cause })
}

function createProtocol(root: protobuf.Root): Protocol {
  const encode = (type: protobuf.Type) => (message: object) => Buffer.from(type.encode(message).finish())
  return {
    service: Object.fromEntries(
      root.lookupService(servicePath).methodsArray.map((method) => {
        method.resolve()
        const { resolvedRequestType: request, resolvedResponseType: response } = method
        if (!request || !response) throw missing(`the protocol definitions lack the messages of ${method.name}`)
        return [method.name, methodDefinition(method, encode(request), encode(response))]
      }),
    ),
    decode: <T>(type: string, bytes: Uint8Array): T => {
      const message: unknown = root.lookupType(`google.firestore.v1.${type}`).decode(bytes)
      return message as T
    },
    encode: (type, message) => encode(root.lookupType(`google.firestore.v1.${type}`))(message),
  }
}

type Encode = (message: object) => Buffer

function methodDefinition(
  method: protobuf.Method,
  encodeRequest: Encode,
  encodeReply: Encode,
): ServiceDefinition[string] {
  const same = (bytes: Buffer): Buffer => bytes
  return {
    path: `/${servicePath}/${method.name}`,
    requestStream: method.requestStream ?? false,
    responseStream: method.responseStream ?? false,
    requestSerialize: encodeRequest,
    requestDeserialize: same,
    responseSerialize: encodeReply,
    responseDeserialize: same,
  }
}
