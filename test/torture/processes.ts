import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when the text has been seen on stderr, or the process ended. */
  said(text: string): Promise<void>
  /** The same for stdout. */
  printed(text: string): Promise<void>
}

/** A command as a user runs it, in a process of its own. */
export function start(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [`${root}${script}`, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A test run that is cut off must not leave writers behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.removeListener('exit', kill))
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => {
      stdout.end()
      stderr.end()
      resolve({ code, stdout: stdout.text(), stderr: stderr.text() })
    })
  })
  return { child, finished, said: stderr.seen, printed: stdout.seen }
}

interface Collected {
  text(): string
  end(): void
  seen(text: string): Promise<void>
}

function collect(stream: Readable): Collected {
  let collected = ''
  let ended = false
  const waiting: { text: string; resolve: () => void }[] = []
  const tell = (): void => {
    for (const { text, resolve } of waiting) if (ended || collected.includes(text)) resolve()
  }
  stream.setEncoding('utf8').on('data', (text: string) => {
    collected += text
    tell()
  })
  return {
    text: () => collected,
    end() {
      ended = true
      tell()
    },
    seen: (text) =>
      new Promise((resolve) => {
        waiting.push({ text, resolve })
        tell()
      }),
  }
}

/** The command line tool, in the project at `folder`. */
export function lockstep(args: readonly string[], folder: string, env: NodeJS.ProcessEnv): Running {
  return start('bin/lockstep.js', [...args, '--cwd', folder], env)
}

/** Runs to its end and fails the test with what it said when it did not end well. */
export async function succeed(running: Pick<Running, 'finished'>, codes: readonly number[] = [0]): Promise<Finished> {
  const done = await running.finished
  if (!codes.includes(done.code ?? -1))
    throw new Error(`ended with ${done.code}\n${done.stderr.slice(-4000)}\n${done.stdout.slice(-2000)}`)
  return done
}
