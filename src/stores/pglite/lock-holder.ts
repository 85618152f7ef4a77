import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who holds a data folder: enough to tell a live process from a dead one, and this machine from another. */
export interface LockHolder {
  readonly host: string
  readonly pid: number
  /** When the process started, in the system's own units; tells a process from a later one with the same pid. */
  readonly started: string
  /** Changes at each boot; empty where it cannot be read. */
  readonly boot: string
  /** The namespace the pid counts in (containers have their own); empty where there is none. */
  readonly space: string
}

/** This process as a lock holder. */
export function currentHolder(): LockHolder {
  return {
    host: hostname(),
    pid: process.pid,
    started: processStart(process.pid) ?? '',
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    space: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  }
}

/**
 * `alive`, `dead` (same machine, the process is gone), or `elsewhere`: on another host or in another container, where
 * we cannot look.
 */
export function judgeHolder(holder: LockHolder, self: LockHolder): 'alive' | 'dead' | 'elsewhere' {
  if (holder.host !== self.host) return 'elsewhere'
  if (holder.boot !== self.boot) return 'dead'
  if (holder.space !== self.space) return 'elsewhere'
  if (!isRunning(holder.pid)) return 'dead'
  return holder.started === (processStart(holder.pid) ?? '') ? 'alive' : 'dead'
}

/** Reads what `JSON.stringify` of a holder wrote; `undefined` when it is something else. */
export function parseHolder(text: string): LockHolder | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isHolder(value) ? value : undefined
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false
  const texts = ['host', 'started', 'boot', 'space'] as const
  const fields: Partial<Record<string, unknown>> = { ...value }
  return texts.every((name) => typeof fields[name] === 'string') && Number.isInteger(fields['pid'])
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; the name in field 2 may contain spaces and brackets. */
function processStart(pid: number): string | undefined {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function orEmpty(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
