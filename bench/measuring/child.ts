import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Measurement } from '../contenders/measured.mjs'

const folder = fileURLToPath(new URL('../contenders/', import.meta.url))

export interface Contender {
  /** As it stands in the table. */
  readonly name: string
  /** A program in `contenders/`, without its ending. */
  readonly program: string
  /** Given to the program beside the round's own data. */
  readonly options?: object
}

/** Runs a contender in a process of its own and returns what it measured. Rejects when it fails. */
export async function runContender(
  { program, options }: Contender,
  task: object,
  flags: readonly string[] = [],
): Promise<Measurement> {
  const args = [...flags, `${folder}${program}.mjs`, JSON.stringify({ ...task, ...options })]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}`)
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measurement
}
