/** Vectors that came lately, by the hash of their text: so many bytes of them, the oldest go first. */
export interface RecentVectors {
  get(hash: string): Float32Array | undefined
  keep(hash: string, vector: Float32Array): void
}

/** What was just answered is most likely asked for next: it needs not be read from the cache. */
export function createRecentVectors(bytes: number): RecentVectors {
  const kept = new Map<string, Float32Array>()
  let size = 0
  return {
    get: (hash) => kept.get(hash),
    keep(hash, vector) {
      size += vector.byteLength - (kept.get(hash)?.byteLength ?? 0)
      kept.set(hash, vector)
      for (const [oldest, { byteLength }] of kept) {
        if (size <= bytes) return
        kept.delete(oldest)
        size -= byteLength
      }
    },
  }
}
