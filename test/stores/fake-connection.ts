import { Readable } from 'node:stream'
import type { Connection } from '../../src/stores/firestore/connection.ts'
import type { RawClient, RawStream } from '../../src/stores/firestore/protocol.ts'

export const fakeRoot = 'projects/p/databases/(default)/documents'

/** An error as the driver throws it. */
export function grpcError(code: number, details = 'broken'): Error {
  return Object.assign(new Error(`${code}: ${details}`), { code, details })
}

/** A connection whose server has only the given methods; calling another fails the test. */
export function fakeConnection(methods: Partial<RawClient>, emulator: string | undefined = 'fake:1'): Connection {
  const unused = () => {
    throw new Error('this call was not expected')
  }
  return {
    client: {
      initialize: unused,
      batchWrite: unused,
      commit: unused,
      listCollectionIds: unused,
      partitionQuery: unused,
      runQuery: unused,
      batchGetDocuments: unused,
      runAggregationQuery: unused,
      close: unused,
      ...methods,
    },
    target: { project: 'p', database: '(default)', emulator },
    database: 'projects/p/databases/(default)',
    root: fakeRoot,
    call: {
      timeout: 1000,
      retry: { retryCodes: [] },
      retryRequestOptions: { retries: 0, noResponseRetries: 0 },
      otherArgs: { headers: {} },
    },
    close: async () => {},
  }
}

export interface StreamWatch {
  onPull?(): void
  onCancel?(): void
}

/** A server-streaming call that gives these messages, one when one is wanted, and fails at an error among them. */
export function fakeStream(items: readonly (object | Error)[], watch: StreamWatch = {}): RawStream {
  const stream = Readable.from(
    (async function* () {
      for (const item of items) {
        if (item instanceof Error) throw item
        watch.onPull?.()
        yield item
      }
    })(),
  )
  return Object.assign(stream, { cancel: () => watch.onCancel?.() })
}
