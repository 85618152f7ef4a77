import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createEngine } from '../../src/run/pg-boss-engine.ts'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'

export interface Worker {
  readonly starts: readonly string[]
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

const self = fileURLToPath(import.meta.url)

/** Another process whose workers take shards and never finish them. */
export function startWorker(url: string, queue: string, concurrency: number): Worker {
  const child = spawn(process.execPath, ['--import', 'jiti/register', self, url, queue, String(concurrency)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const starts: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => starts.push(...text.split('\n').filter(Boolean)))
  return {
    starts,
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

if (process.argv[1] === self) {
  const [url, queue, concurrency] = process.argv.slice(2)
  if (url === undefined || queue === undefined) throw new Error('usage: engine-child URL QUEUE CONCURRENCY')
  const engine = await createEngine({
    tables: await createPostgresTables({ url, poolSize: 2 }),
    queue,
    leaseSeconds: 10,
  })
  await engine.work(Number(concurrency), (shard) => {
    process.stdout.write(`${shard}\n`)
    return new Promise(() => undefined)
  })
}
