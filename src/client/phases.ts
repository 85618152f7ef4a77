/**
 * Where a migration stands, as clients see it. `absent`: pending, or rolled back. `unknown`: nobody has answered yet;
 * then all shapes are read and both are written.
 */
export type ClientPhase = 'absent' | 'backfill' | 'cutover' | 'contract' | 'completed' | 'rolling back' | 'unknown'

/** Which shape is written in a phase. */
export type WriteMode = 'old' | 'both' | 'new'

/** The phase of each migration, as far as it is known. */
export interface Phases {
  /** Fulfilled with the first answer, from then on no phase is `unknown`. Never rejected. */
  readonly ready: Promise<void>
  phaseOf(migration: string): ClientPhase
  /** Stops listening; the phases known last stay. */
  close(): void
}

export function modeOf(phase: ClientPhase): WriteMode {
  switch (phase) {
    case 'absent':
    case 'rolling back':
      return 'old'
    case 'backfill':
    case 'cutover':
    case 'unknown':
      return 'both'
    case 'contract':
    case 'completed':
      return 'new'
  }
}

/** Phases that never change, for tests and for pages rendered on a server. Migrations not named are `absent`. */
export function fixedPhases(phases: Readonly<Record<string, ClientPhase>>): Phases {
  return {
    ready: Promise.resolve(),
    phaseOf: (migration) => (Object.hasOwn(phases, migration) ? phases[migration] : undefined) ?? 'absent',
    close: () => undefined,
  }
}

const written = ['backfill', 'cutover', 'contract', 'completed', 'rolling back'] as const

/** What a field of `_lockstep/state` says; a word of a later version counts as a phase in which both are written. */
export function parsePhase(value: unknown): ClientPhase {
  if (value === undefined || value === null) return 'absent'
  return written.find((phase) => phase === value) ?? 'unknown'
}
