import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startGuarded, untilListening } from '../../src/local/guarded-process.ts'

/** The official Firestore emulator: `host` is `address:port`. */
export interface OfficialEmulator {
  readonly host: string
  stop(): Promise<void>
}

const component = 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar'
const program = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'

/** The jar of the Google Cloud SDK, or the newest one that the Firebase CLI has fetched. */
function findJar(): string | undefined {
  const cache = join(homedir(), '.cache/firebase/emulators')
  const fetched = existsSync(cache)
    ? readdirSync(cache)
        .filter((name) => /firestore.*\.jar$/.test(name))
        .sort()
    : []
  const sdks = ['/usr/lib/google-cloud-sdk', '/opt/google-cloud-sdk', join(homedir(), 'google-cloud-sdk')]
  const jars = [...sdks.map((sdk) => join(sdk, component)), ...fetched.toReversed().map((name) => join(cache, name))]
  return [process.env['LOCKSTEP_EMULATOR_JAR'] ?? '', ...jars].find((jar) => jar !== '' && existsSync(jar))
}

const hasJava = (): boolean => spawnSync('java', ['-version']).status === 0

/**
 * The emulator that the test run has started (LOCKSTEP_TEST_EMULATOR), else one of our own; undefined where its jar or
 * Java is not on this machine. `heap` in gigabytes: it keeps most of what it is told to forget.
 */
export async function startOfficialEmulator(heap = 2): Promise<OfficialEmulator | undefined> {
  const shared = process.env['LOCKSTEP_TEST_EMULATOR']
  if (shared !== undefined) return { host: shared, stop: async () => {} }
  return findOfficialEmulator()?.(heap)
}

/** What starts one; undefined where its jar or Java is not on this machine. */
export function findOfficialEmulator(): ((heap: number) => Promise<OfficialEmulator>) | undefined {
  const jar = findJar()
  if (jar === undefined || !hasJava()) return undefined
  return async (heap) => {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-emulator-'))
    const address = ['--host', '127.0.0.1', '--port', String(port)]
    const command = ['java', `-Xmx${heap}g`, '-cp', jar, program, 'start', ...address]
    const server = startGuarded({ command, folder, signal: 'TERM' })
    await untilListening(server, port)
    return { host: `127.0.0.1:${port}`, stop: server.stop }
  }
}
