import type { Clock } from '../kernel/clock.ts'
import type { Migrator, MigratorOptions } from '../migrator.ts'

export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
export type InputStream = NodeJS.ReadableStream & { readonly isTTY?: boolean }

/** Everything the command line touches that is not the project itself, so that a test can stand in for it. */
export interface World {
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly clock: Clock
  readonly createMigrator: (options: MigratorOptions) => Promise<Migrator>
  /** Calls `handler` at SIGINT, SIGTERM and SIGHUP until the returned function is called. */
  readonly onInterrupt: (handler: () => void) => () => void
  /** Ends the process at once. */
  readonly exit: (code: number) => void
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** This process; the parts given take the place of its own. */
export function createWorld(parts: Partial<World>, clock: Clock): World {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    clock,
    createMigrator: async (options) => (await import('../migrator.ts')).createMigrator(options),
    onInterrupt(handler) {
      for (const signal of signals) process.on(signal, handler)
      return () => {
        for (const signal of signals) process.off(signal, handler)
      }
    },
    exit: (code) => process.exit(code),
    ...parts,
  }
}
