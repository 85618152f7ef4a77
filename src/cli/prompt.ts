import { createInterface } from 'node:readline'
import { LockstepError } from '../kernel/errors.ts'
import type { World } from './world.ts'

/** Whether somebody is there to answer: stdin and stderr are terminals, and this is no build machine. */
export function canAsk({ stdin, stderr, env }: World): boolean {
  const building = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false' && env['CI'] !== '0'
  return stdin.isTTY === true && stderr.isTTY === true && !building
}

/** The answer, trimmed; undefined when stdin ends or the signal aborts first. Ctrl-C throws LS-4007. */
export async function ask(
  { stdin, stderr }: World,
  question: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const lines = createInterface({ input: stdin, output: stderr, terminal: stdin.isTTY === true })
  let answered = false
  const stop = (): void => lines.close()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      lines.once('close', () => {
        if (!answered) stderr.write('\n')
        resolve(undefined)
      })
      lines.once('SIGINT', () =>
        reject(new LockstepError('LS-4007', 'interrupted at the question: nothing was started')),
      )
      lines.question(question, (answer) => {
        answered = true
        resolve(answer.trim())
      })
    })
  } finally {
    signal.removeEventListener('abort', stop)
    lines.close()
  }
}
