import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { freePort, startGuarded, untilListening } from './guarded-process.ts'

const serve = (port: number): readonly string[] => [
  process.execPath,
  '-e',
  `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log(process.pid))`,
]

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`)

test('stopping ends the server and removes its folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-guard-'))
  const port = await freePort()
  const server = startGuarded({ command: serve(port), folder, signal: 'TERM' })
  await untilListening(server, port)
  await vi.waitUntil(() => server.output() !== '')
  const pid = Number(server.output())
  expect([isAlive(pid), server.ended()]).toEqual([true, false])
  await server.stop()
  expect([isAlive(pid), server.ended(), existsSync(folder)]).toEqual([false, true, false])
})

test('a server that ends too early is reported with what it wrote', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-guard-'))
  const server = startGuarded({ command: ['sh', '-c', 'echo no memory >&2; exit 3'], folder, signal: 'TERM' })
  await expect(untilListening(server, await freePort())).rejects.toThrow('no memory')
  expect(existsSync(folder)).toBe(false)
})

test('killing the process that started it ends the server too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-guard-'))
  const home = mkdtempSync(join(tmpdir(), 'lockstep-parent-'))
  const port = await freePort()
  const source = `import { startGuarded } from ${JSON.stringify(join(import.meta.dirname, 'guarded-process.ts'))}
const server = startGuarded(${JSON.stringify({ command: serve(port), folder, signal: 'TERM' })})
setInterval(() => process.stdout.write(server.output()), 20)`
  writeFileSync(join(home, 'parent.ts'), source)
  const parent = spawn(process.execPath, ['node_modules/jiti/lib/jiti-cli.mjs', join(home, 'parent.ts')])
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (data: Buffer) => resolve(parseInt(data.toString(), 10))),
  )
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await vi.waitUntil(() => !isAlive(pid) && !existsSync(folder), { timeout: 10_000 })
  rmSync(home, { recursive: true })
})
