import type { BigIntStats } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Makes what is in a folder outlive a power cut; remembers what it saw, so that the next time only changes are flushed. */
export interface FolderFlusher {
  /** Resolves with the number of files and folders flushed. Nobody may write meanwhile. */
  flush(): Promise<number>
}

/** Time stamps of files are as coarse as this in the worst case we allow for (nanoseconds). */
const coarsest = 2_000_000_000n
const atOnce = 8

/**
 * fsync works on a file, not on a descriptor: pages written through PGlite's own descriptors are flushed by opening
 * the file a second time, so PGlite can stay open. Folders are flushed too, for the names in them.
 */
export function createFolderFlusher(folder: string): FolderFlusher {
  const flushed = new Map<string, string>()
  return {
    async flush() {
      const changed: { readonly path: string; readonly mark: string }[] = []
      for (const path of await listPaths(folder)) {
        const mark = stamp(await stat(path, { bigint: true }))
        if (mark === undefined || flushed.get(path) !== mark) changed.push({ path, mark: mark ?? '' })
      }
      await inParallel(changed, ({ path }) => fsyncPath(path))
      await fsyncPath(dirname(folder))
      for (const { path, mark } of changed) flushed.set(path, mark)
      return changed.length
    },
  }
}

/** `undefined` for what changed so lately that another change could bear the same time. */
function stamp(seen: BigIntStats): string | undefined {
  const age = BigInt(Date.now()) * 1_000_000n - (seen.mtimeNs > seen.ctimeNs ? seen.mtimeNs : seen.ctimeNs)
  return age < coarsest ? undefined : `${seen.ino}:${seen.size}:${seen.mtimeNs}:${seen.ctimeNs}`
}

async function listPaths(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
  return [...paths, folder]
}

async function fsyncPath(path: string): Promise<void> {
  // Windows opens no folders; NTFS journals their entries itself.
  if (process.platform === 'win32' && (await stat(path)).isDirectory()) return
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
