// @ts-check
import { createFirestoreServer } from '../../dist/local/firestore/server.js'

/** The local Firestore, in a process of its own until it is killed; its first line is where it listens. */
const server = await createFirestoreServer()
process.stdout.write(`${server.host}\n`)
