/** Runs work on one document or row one after the other, so that the last acknowledged write is the last write. */
export interface Lanes {
  run<T>(target: string, work: () => Promise<T>): Promise<T>
}

export function createLanes(): Lanes {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run: async (target, work) => {
      const before = tails.get(target) ?? Promise.resolve()
      const result = before.then(work, work)
      tails.set(target, result)
      try {
        return await result
      } finally {
        if (tails.get(target) === result) tails.delete(target)
      }
    },
  }
}
