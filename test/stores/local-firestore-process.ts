import { createFirestoreServer } from '../../src/local/firestore/server.ts'

/** Run as a process of its own, so that a test can kill it: serves the folder given and prints its address. */
const { host } = await createFirestoreServer({ folder: process.argv[2] ?? '' })
process.stdout.write(`${host}\n`)
