declare module 'vitest' {
  interface TaskMeta {
    skipReason?: string
  }
}

/** Options for `describe` or `test` that skip it and tell the run why. */
export interface Need {
  readonly skip: boolean
  readonly meta: { readonly skipReason: string }
}

/**
 * Options that run a `describe` or `test` only where `store` was found, and otherwise skip it with `reason`, which the
 * run prints at its end: `describe('…', needs(postgres, 'no PostgreSQL server found'), () => …)`.
 */
export function needs(store: unknown, reason: string): Need {
  return { skip: store === undefined, meta: { skipReason: reason } }
}
