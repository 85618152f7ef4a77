import { describe } from 'vitest'
import { createFirestoreDocuments } from '../../src/stores/firestore/firestore-documents.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { needs } from '../stores/skips.ts'
import { documentsContract } from './documents.ts'

const emulator = await startOfficialEmulator()

describe('on the official emulator', needs(emulator, 'no official Firestore emulator found'), () => {
  const open = async () => {
    const documents = await createFirestoreDocuments({
      projectId: `contract-${process.pid}`,
      emulatorHost: emulator?.host ?? '',
    })
    return {
      documents,
      close: async () => {
        await documents.close()
        await emulator?.stop()
      },
    }
  }
  documentsContract('official emulator', open, false)
})
