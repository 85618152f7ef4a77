import { Firestore } from '@google-cloud/firestore'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { needs } from '../stores/skips.ts'
import { program, shortProgram } from './program.ts'
import type { Program } from './program.ts'
import { runProgram } from './run-program.ts'

const emulator = await startOfficialEmulator()
const runs = Number(process.env['LOCKSTEP_DIFFERENTIAL_RUNS'] ?? 40)
const shortRuns = Number(process.env['LOCKSTEP_DIFFERENTIAL_SHORT_RUNS'] ?? 2000)
const atOnce = 16
const seed = Number(process.env['LOCKSTEP_SEED'] ?? 20261123)

let local: FirestoreServer
let ours: Firestore
let theirs: Firestore

function clientOf(address: string): Firestore {
  const [host = '', port = ''] = address.split(':')
  const options = { projectId: `differential-${process.pid}`, host, port: Number(port), ssl: false }
  return new Firestore({ ...options, useBigInt: true, ignoreUndefinedProperties: false })
}

describe('the same programs', needs(emulator, 'the official Firestore emulator was not found'), () => {
  beforeAll(async () => {
    local = await createFirestoreServer()
    ours = clientOf(local.host)
    theirs = clientOf(emulator?.host ?? '')
  })

  afterAll(async () => {
    await Promise.all([ours.terminate(), theirs.terminate()])
    await local.close()
    await emulator?.stop()
  })

  test.each([
    ['short', shortProgram, shortRuns],
    ['long', program, runs],
  ] as const)(
    'are answered as by the official emulator: %s ones',
    async (kind, arbitrary, times) => {
      let count = 0
      const compare = async (each: Program): Promise<void> => {
        const name = `${kind}-${++count}`
        const [left, right] = await Promise.all([runProgram(ours, name, each), runProgram(theirs, name, each)])
        expect(left).toEqual(right)
      }
      // Several at once: most of the time of one is spent waiting for a lock, an answer or a listener.
      const some = fc.array(arbitrary, { minLength: 1, maxLength: atOnce, size: 'max' })
      await fc.assert(
        fc.asyncProperty(some, async (programs) => void (await Promise.all(programs.map(compare)))),
        { numRuns: Math.ceil((2 * times) / (atOnce + 1)), seed, endOnFailure: process.env['LOCKSTEP_SHRINK'] === '0' },
      )
      expect(count).toBeGreaterThan(0.8 * times)
    },
    3_600_000,
  )
})
