import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** `host/pid/start/random`: who holds a run or a shard, in a form that lets the same host see whether it still lives. */
export function createRunnerName(): string {
  return [hostname(), process.pid, startOf(process.pid) ?? '', randomBytes(4).toString('hex')].join('/')
}

/** True only when that process certainly ran on this host and is gone; a process elsewhere is judged by its lease. */
export function isDeadRunner(name: string): boolean {
  const [host, pid, start] = name.split('/')
  if (host !== hostname()) return false
  const number = Number(pid)
  if (number === process.pid) return startOf(number) !== undefined && startOf(number) !== start
  return !isAlive(number) || (start !== '' && startOf(number) !== start)
}

/** For people: `host, process 123`. */
export function printRunner(name: string): string {
  const [host = '', pid = ''] = name.split('/')
  return `${host}, process ${pid}`
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Clock ticks since boot at which the process started, which tells a reused pid apart; only Linux says. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
