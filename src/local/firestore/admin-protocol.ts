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

/** The methods that are answered, by the full name of their service. */
export type AdminServices = Readonly<Record<string, AdminHandlers>>

const asPlain = { enums: String, longs: String, oneofs: false } as const

let loaded: protobuf.Root | undefined

/** Read when the first call comes: most servers are never asked. */
function definitions(): protobuf.Root {
  loaded ??= readDefinitions('admin_v1.json')
  return loaded
}

/** Has the server answer these methods of the admin API; the others are UNIMPLEMENTED. */
export function addAdminServices(server: Server, services: AdminServices): void {
  for (const [service, handlers] of Object.entries(services)) {
    const described: Record<string, ServiceDefinition[string]> = {}
    const implementation: UntypedServiceImplementation = {}
    for (const [method, handler] of Object.entries(handlers)) {
      described[method] = definitionOf(service, method)
      implementation[method] = (call: ServerUnaryCall<Message, Message>, reply: sendUnaryData<Message>) => {
        try {
          reply(null, handler(call.request))
        } catch (error) {
          reply(toRefusal(error))
        }
      }
    }
    server.addService(described, implementation)
  }
}

type MessageOf = 'resolvedRequestType' | 'resolvedResponseType'

function definitionOf(service: string, name: string): ServiceDefinition[string] {
  const typeOf = (kind: MessageOf): protobuf.Type => {
    const method = definitions().lookupService(service).methods[name]
    method?.resolve()
    const type = method?.[kind]
    if (!type) throw new Error(`the protocol definitions lack the messages of ${name}`)
    return type
  }
  const encode = (kind: MessageOf) => (message: Message) =>
    Buffer.from(typeOf(kind).encode(typeOf(kind).fromObject(message)).finish())
  const decode = (kind: MessageOf) => (bytes: Buffer) => typeOf(kind).toObject(typeOf(kind).decode(bytes), asPlain)
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: encode('resolvedRequestType'),
    requestDeserialize: decode('resolvedRequestType'),
    responseSerialize: encode('resolvedResponseType'),
    responseDeserialize: decode('resolvedResponseType'),
  }
}

/** As google.protobuf.Any. */
export function pack({ type, value }: Packed): Message {
  const found = definitions().lookupType(type)
  return { type_url: `type.googleapis.com/${type}`, value: found.encode(found.fromObject(value)).finish() }
}

/** A moment in milliseconds as google.protobuf.Timestamp. */
export const at = (millis: number): Message => ({
  seconds: Math.floor(millis / 1000),
  nanos: (millis % 1000) * 1_000_000,
})
