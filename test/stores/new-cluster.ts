import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const { version } = JSON.parse(readFileSync(`${packages}@electric-sql/pglite/package.json`, 'utf8')) as {
  version: string
}

/** The files of a new cluster of the PGlite that is installed, as a tar. */
export const clusterFile = `${packages}.cache/lockstep/pglite-${version}.tar`

/** Makes that file once for each installation. */
export async function ensureCluster(): Promise<void> {
  if (existsSync(clusterFile)) return
  const { PGlite } = await import('../../node_modules/@electric-sql/pglite/dist/index.js')
  const db = await PGlite.create()
  const files = await db.dumpDataDir('none')
  await db.close()
  mkdirSync(dirname(clusterFile), { recursive: true })
  writeFileSync(`${clusterFile}.new`, Buffer.from(await files.arrayBuffer()))
  renameSync(`${clusterFile}.new`, clusterFile)
}
