import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
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
  /** Resolves when the text has been seen on stdout or stderr, or the process ended. */
  said(text: string): Promise<void>
}

/** A command as a user runs it, in a process of its own. */
export function start(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [`${root}${script}`, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  const waiting: { text: string; resolve: () => void }[] = []
  const tell = (): void => {
    for (const { text, resolve } of waiting) if (stderr.includes(text) || stdout.includes(text)) resolve()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    tell()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    tell()
  })
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => {
      for (const { resolve: wake } of waiting) wake()
      resolve({ code, stdout, stderr })
    })
  })
  const said = (text: string): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ text, resolve })
      tell()
      if (child.exitCode !== null) resolve()
    })
  return { child, finished, said }
}

/** The command line tool, in the project at `folder`. */
export function lockstep(args: readonly string[], folder: string, env: NodeJS.ProcessEnv): Running {
  return start('bin/lockstep.js', [...args, '--cwd', folder], env)
}

/** Runs to its end and fails the test with what it said when it did not end well. */
export async function succeed(running: Running, codes: readonly number[] = [0]): Promise<Finished> {
  const done = await running.finished
  if (!codes.includes(done.code ?? -1)) throw new Error(`ended with ${done.code}\n${done.stderr.slice(-4000)}\n${done.stdout.slice(-2000)}`)
  return done
}
