import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFolder } from './folder-lock.ts'
import { currentHolder } from './lock-holder.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'lockstep-lock-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const refused = (folder: string) =>
  lockFolder(folder).then(
    () => expect.unreachable('two openers'),
    (error: unknown) => error,
  )

/** Another process that takes the lock and keeps it until killed. */
async function startHolder(folder: string) {
  const code = `
    const { createJiti } = await import('jiti')
    const { lockFolder } = await createJiti(${JSON.stringify(import.meta.url)}).import('./folder-lock.ts')
    await lockFolder(${JSON.stringify(folder)})
    process.stdout.write('held')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('exit', () => reject(new Error('the holder ended before it held')))
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return { pid: child.pid, kill: () => (child.kill('SIGKILL'), ended) }
}

describe('the lock of a data folder', () => {
  it('refuses a second opener in the same process, also through a symbolic link, until released', async () => {
    const folder = join(base, 'a')
    const lock = await lockFolder(folder)
    symlinkSync(folder, join(base, 'link'))
    expect(await refused(folder)).toMatchObject({ code: 'LS-3006', exit: 7 })
    expect(await refused(join(base, 'link'))).toMatchObject({
      code: 'LS-3006',
      message: expect.stringContaining(`process ${process.pid} on ${hostname()}`),
    })
    await lock.release()
    await (await lockFolder(folder)).release()
    expect(existsSync(join(folder, 'lockstep.lock'))).toBe(false)
  })

  it('refuses while another process holds it, and takes over after kill -9', async () => {
    const holder = await startHolder(base)
    expect(await refused(base)).toMatchObject({
      code: 'LS-3006',
      message: expect.stringContaining(`process ${holder.pid} on`),
    })
    await holder.kill()
    expect(existsSync(join(base, 'lockstep.lock'))).toBe(true)
    const lock = await lockFolder(base)
    expect(JSON.parse(readFileSync(join(base, 'lockstep.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
    await lock.release()
  })

  const write = (holder: object) => writeFileSync(join(base, 'lockstep.lock'), JSON.stringify(holder))

  it('refuses a folder that another machine or container holds, naming the file to delete', async () => {
    write({ ...currentHolder(), host: 'build-7.example' })
    expect(await refused(base)).toMatchObject({ code: 'LS-3006', hint: expect.stringContaining('lockstep.lock') })
    write({ ...currentHolder(), space: 'pid:[1]' })
    expect(await refused(base)).toMatchObject({ code: 'LS-3006' })
  })

  it('refuses a live process that we cannot meet at the address (another network namespace)', async () => {
    write({ ...currentHolder() })
    expect(await refused(base)).toMatchObject({ code: 'LS-3006' })
  })

  it.each([
    ['another process that got the same pid', { started: '1' }],
    ['a process from before the last boot', { boot: 'x', space: 'pid:[1]' }],
    ['a pid that is gone', { pid: 2 ** 22 + 1 }],
  ])('takes over from %s', async (_what, change) => {
    write({ ...currentHolder(), ...change })
    await (await lockFolder(base)).release()
  })

  it('takes over a file that was cut off while it was written', async () => {
    writeFileSync(join(base, 'lockstep.lock'), '{"host":')
    await (await lockFolder(base)).release()
  })

  it('lets go of the address when the file refuses', async () => {
    write({ ...currentHolder(), host: 'build-7.example' })
    await refused(base)
    rmSync(join(base, 'lockstep.lock'))
    await (await lockFolder(base)).release()
  })
})
