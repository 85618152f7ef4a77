import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'

export interface OfficialEmulator {
  /** 127.0.0.1:port */
  readonly host: string
  stop(): Promise<void>
}

const mainClass = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
const startMillis = 60_000

/**
 * Google's Firestore emulator on a free port, or the one LOCKSTEP_TEST_EMULATOR names. undefined, with the reason printed,
 * where its jar or Java is missing. It keeps every version of every document: use one project id a test.
 */
export async function startOfficialEmulator(): Promise<OfficialEmulator | undefined> {
  const running = process.env['LOCKSTEP_TEST_EMULATOR']
  if (running) return { host: running, stop: async () => undefined }
  const jar = findJar()
  if (!jar) return absent('its jar was not found; set FIRESTORE_EMULATOR_JAR')
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) return absent('there is no Java')
  const port = await freePort()
  const child = spawn(
    'java',
    ['-Xmx2g', '-cp', jar, mainClass, 'start', '--host', '127.0.0.1', '--port', String(port)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  await untilRunning(child)
  return { host: `127.0.0.1:${port}`, stop: () => stop(child) }
}

function absent(reason: string): undefined {
  console.warn(`Not compared with the official Firestore emulator: ${reason}.`)
  return undefined
}

function findJar(): string | undefined {
  const named = process.env['FIRESTORE_EMULATOR_JAR']
  if (named) return named
  const inSdk = 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar'
  const sdks = [
    '/usr/lib/google-cloud-sdk',
    '/usr/share/google-cloud-sdk',
    '/opt/google-cloud-sdk',
    join(homedir(), 'google-cloud-sdk'),
  ]
  const cache = join(homedir(), '.cache/firebase/emulators')
  const cached = existsSync(cache)
    ? readdirSync(cache).filter((name) => /^cloud-firestore-emulator-.*\.jar$/.test(name))
    : []
  const newest = cached.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  return [...sdks.map((sdk) => join(sdk, inSdk)), ...(newest ? [join(cache, newest)] : [])].find((path) =>
    existsSync(path),
  )
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

function untilRunning(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => fail('it did not start in time'), startMillis)
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new Error(`The official Firestore emulator: ${why}\n${said}`))
    }
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4000)
      if (!said.includes('Dev App Server is now running')) return
      clearTimeout(timer)
      child.off('exit', exited)
      resolve()
    }
    const exited = (): void => fail('it ended while starting')
    child.once('exit', exited)
    child.once('error', (error) => fail(error.message))
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
  })
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
