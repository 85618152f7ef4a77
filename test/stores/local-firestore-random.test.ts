import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { answerOf } from './firestore-answers.ts'
import { fields, mask, query, transform } from './firestore-arbitraries.ts'
import { createCalls, put } from './firestore-calls.ts'
import type { Calls, FieldsMessage, QueryMessage } from './firestore-calls.ts'
import { startOfficialEmulator } from './official-emulator.ts'
import { needs } from './skips.ts'

const emulator = await startOfficialEmulator()
const official = needs(emulator, 'the official Firestore emulator was not found')
let local: FirestoreServer
let project = 0

beforeAll(async () => {
  local = await createFirestoreServer()
})

afterAll(async () => {
  await createCalls(local.host, 'any').close()
  if (emulator) await createCalls(emulator.host, 'any').close()
  await local.close()
  await emulator?.stop()
})

const runs = { numRuns: Number(process.env['LOCKSTEP_TEST_RUNS'] ?? 30) }
const paths = ['q/1', 'q/2', 'q/10', 'q/é', 'q/__id3__', 'q/1/q/1', 'r/1/q/😀', 'q/2/r/1']

/** The same on both servers, in a project of its own. */
async function both(
  ask: (calls: Calls) => Promise<unknown>,
): Promise<{ readonly ours: unknown; readonly theirs: unknown }> {
  const id = `random-${process.pid}-${++project}`
  const [ours, theirs] = [createCalls(local.host, id), createCalls(emulator?.host ?? '', id)]
  return { ours: await ask(ours), theirs: await ask(theirs) }
}

async function resultsOf(
  calls: Calls,
  documents: readonly FieldsMessage[],
  queries: readonly QueryMessage[],
): Promise<unknown> {
  await calls.batchWrite(documents.map((content, at) => put(calls, paths[at] ?? '', content)))
  const results: unknown[] = []
  for (const each of queries) results.push(await answerOf(() => calls.found(each), calls))
  return results
}

test('any query finds the same documents in the same order as on the official emulator', official, async () => {
  const documents = fc.array(fields, { minLength: 1, maxLength: paths.length })
  const queries = fc.array(query, { minLength: 10, maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(documents, queries, async (contents, each) => {
      const { ours, theirs } = await both((calls) => resultsOf(calls, contents, each))
      expect(ours).toEqual(theirs)
    }),
    runs,
  )
})

test.skipIf(!emulator)(
  'any masked update with transforms leaves the same document as on the official emulator',
  async () => {
    const update = fc.record({
      base: fc.option(fields, { nil: undefined }),
      content: fields,
      paths: fc.option(mask, { nil: undefined }),
      transforms: fc.array(transform, { maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(update, { minLength: 10, maxLength: 10 }), async (updates) => {
        const { ours, theirs } = await both(async (calls) => {
          const answers: unknown[] = []
          for (const [at, { base, content, paths: fieldPaths, transforms }] of updates.entries()) {
            if (base) await calls.commit([put(calls, `u/${at}`, base)])
            const updateMask = fieldPaths ? { fieldPaths } : null
            const write = put(calls, `u/${at}`, content, { updateMask, updateTransforms: transforms })
            answers.push(
              await answerOf(() => calls.commit([write]), calls),
              await answerOf(() => calls.get([`u/${at}`]), calls),
            )
          }
          return answers
        })
        expect(ours).toEqual(theirs)
      }),
      runs,
    )
  },
)
