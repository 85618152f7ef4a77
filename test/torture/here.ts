import { PassThrough, Writable } from 'node:stream'
import type { main as realMain } from '../../src/cli/main.ts'
import type { OutputStream } from '../../src/cli/world.ts'
import type { Finished, Running } from './processes.ts'

/** What was built, as `bin/lockstep.js` has it; loaded once for all commands of a test file. */
const built = new URL('../../dist/main.js', import.meta.url).href
let loading: Promise<{ readonly main: typeof realMain }> | undefined

/**
 * The command line tool in the project at `folder`, run in this process: the same words, variables, outputs and code as
 * in a process of its own, without loading everything again for each command. Nobody can interrupt it.
 */
export function lockstepHere(
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Pick<Running, 'finished'> {
  return { finished: run([...args, '--cwd', folder], { ...process.env, ...env }) }
}

async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  loading ??= import(built) as Promise<{ readonly main: typeof realMain }>
  const { main } = await loading
  const [stdout, stderr] = [new Collected(), new Collected()]
  const stdin = new PassThrough()
  stdin.end()
  const code = await main(argv, {
    stdin,
    stdout: stdout as OutputStream,
    stderr: stderr as OutputStream,
    env,
    onInterrupt: () => () => {},
    exit: (asked) => {
      throw new Error(`the command asked to end the process with ${asked}`)
    },
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

/** A stream that is no terminal and keeps what is written. */
class Collected extends Writable {
  text = ''

  constructor() {
    super({ decodeStrings: false })
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
