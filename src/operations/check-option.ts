import { LockstepError } from '../kernel/errors.ts'

export interface CheckOption {
  /**
   * How much `plan` reads to find what is in the way: every document, or the first 2,000. Without it every document where
   * something could be lost or collide, and a sample where reading only improves an estimate (addField, removeField).
   */
  readonly check?: 'full' | 'sample'
}

/** Throws LS-2002 for another value. */
export function parseCheck(options: CheckOption | undefined): CheckOption {
  const { check } = options ?? {}
  if (check === undefined || check === 'full' || check === 'sample') return options ?? {}
  throw new LockstepError('LS-2002', `check cannot be "${String(check)}"`, { hint: "write check: 'full' or 'sample'" })
}
