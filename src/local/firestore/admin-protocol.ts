import type { sendUnaryData, Server, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js'
import type { UntypedServiceImplementation } from '@grpc/grpc-js'
import type protobuf from 'protobufjs'
import { readDefinitions } from './protocol.ts'
import { toRefusal } from './status.ts'

/** A message of the admin API as plain properties: enums by name, 64-bit numbers as strings. */
export type Message = Readonly<Record<string, unknown>>

/** A message in google.protobuf.Any. */
export interface Packed {
  readonly type: string
  readonly value: Message
}

export type AdminHandlers = Readonly<Record<string, (request: Message) => Message>>

const services = ['google.firestore.admin.v1.FirestoreAdmin', 'google.longrunning.Operations']
const asPlain = { enums: String, longs: String, oneofs: false } as const

let loaded: protobuf.Root | undefined

/** Has the server answer these methods of the admin API; the others are UNIMPLEMENTED. */
export function addAdminServices(server: Server, handlers: AdminHandlers): void {
  loaded ??= readDefinitions('admin_v1.json')
  const root = loaded
  for (const service of services) {
    const definitions: Record<string, ServiceDefinition[string]> = {}
    const implementation: UntypedServiceImplementation = {}
    for (const method of root.lookupService(service).methodsArray) {
      const handler = handlers[method.name]
      if (!handler) continue
      definitions[method.name] = definitionOf(service, method)
      implementation[method.name] = (call: ServerUnaryCall<Message, Message>, reply: sendUnaryData<Message>) => {
        try {
          reply(null, handler(call.request))
        } catch (error) {
          reply(toRefusal(error))
        }
      }
    }
    server.addService(definitions, implementation)
  }
}

function definitionOf(service: string, method: protobuf.Method): ServiceDefinition[string] {
  method.resolve()
  const { resolvedRequestType: request, resolvedResponseType: response } = method
  if (!request || !response) throw new Error(`the protocol definitions lack the messages of ${method.name}`)
  const encode = (type: protobuf.Type) => (message: Message) =>
    Buffer.from(type.encode(type.fromObject(message)).finish())
  const decode = (type: protobuf.Type) => (bytes: Buffer) => type.toObject(type.decode(bytes), asPlain)
  return {
    path: `/${service}/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: encode(request),
    requestDeserialize: decode(request),
    responseSerialize: encode(response),
    responseDeserialize: decode(response),
  }
}

/** As google.protobuf.Any. */
export function pack({ type, value }: Packed): Message {
  loaded ??= readDefinitions('admin_v1.json')
  const found = loaded.lookupType(type)
  return { type_url: `type.googleapis.com/${type}`, value: found.encode(found.fromObject(value)).finish() }
}

/** A moment in milliseconds as google.protobuf.Timestamp. */
export const at = (millis: number): Message => ({
  seconds: Math.floor(millis / 1000),
  nanos: (millis % 1000) * 1_000_000,
})
