import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { homedir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

export interface OfficialEmulator {
  /** host:port */
  readonly host: string
  stop(): Promise<void>
}

/**
 * The official Firestore emulator: the one LOCKSTEP_TEST_EMULATOR names, else one started from an installed Google
 * Cloud SDK or Firebase CLI. Undefined when there is none.
 */
export async function startOfficialEmulator(): Promise<OfficialEmulator | undefined> {
  const given = process.env['LOCKSTEP_TEST_EMULATOR']
  if (given !== undefined && given !== '') return { host: given, stop: async () => {} }
  const jar = findJar()
  if (jar === undefined) return undefined
  const port = await freePort()
  const main = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
  const args = ['-Xmx2g', '-cp', jar, main, 'start', '--host', '127.0.0.1', '--port', String(port)]
  const child = spawn('java', args, { stdio: 'ignore' })
  await untilAnswering(child, port)
  return { host: `127.0.0.1:${port}`, stop: () => stop(child) }
}

function findJar(): string | undefined {
  const folders = ['/usr/lib', '/usr/share', '/opt', homedir()].map(
    (parent) => `${parent}/google-cloud-sdk/platform/cloud-firestore-emulator`,
  )
  const installed = folders.map((folder) => `${folder}/cloud-firestore-emulator.jar`).find((path) => existsSync(path))
  return installed ?? newest(`${homedir()}/.cache/firebase/emulators`)
}

function newest(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  const jars = readdirSync(folder).filter((name) => /^cloud-firestore-emulator-.*\.jar$/.test(name))
  return jars
    .toSorted()
    .map((name) => `${folder}/${name}`)
    .at(-1)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

async function untilAnswering(child: ChildProcess, port: number): Promise<void> {
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  for (let attempt = 0; attempt < 300; attempt++) {
    if (failure !== undefined) throw failure
    if (child.exitCode !== null) throw new Error(`the emulator ended with code ${child.exitCode}`)
    if (await answers(port)) return
    await sleep(100)
  }
  await stop(child)
  throw new Error('the emulator did not answer within 30 seconds')
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
