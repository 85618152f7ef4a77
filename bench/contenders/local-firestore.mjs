// @ts-check

/** The local Firestore, in a process of its own until it is killed; its first line is where it listens. */
/** @type {typeof import('../../src/local/firestore/server.ts')} */
const { createFirestoreServer } = await import(new URL('../../dist/local.js', import.meta.url).href)
const server = await createFirestoreServer()
process.stdout.write(`${server.host}\n`)
