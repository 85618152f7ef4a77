import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { needs } from '../stores/skips.ts'
import { createReader, markedCommands } from './marked-commands.ts'

vi.setConfig({ testTimeout: 300_000 })
const file = fileURLToPath(new URL('../../README.md', import.meta.url))
const blocks = existsSync(file) ? markedCommands(readFileSync(file, 'utf8')) : []
const reader = createReader()
afterAll(() => reader.close())

describe('the commands of README.md', needs(blocks[0], 'README.md marks no commands with <!-- test -->'), () => {
  test.each(blocks.map((block, at) => [at + 1, block] as const))(
    'block %i runs as it stands there',
    async (_, block) => {
      const done = await reader.run(block)
      expect(done.code, `${block}\n${done.stdout}\n${done.stderr}`).toBe(0)
    },
  )
})

test('only marked sh blocks are taken', () => {
  const text =
    '<!-- test -->\n```sh\necho 1\n```\n\n```sh\necho 2\n```\n<!-- test -->\n```ts\necho(3)\n```\n<!-- test -->\n\n```sh\necho 4 |\n  cat\n```\n'
  expect(markedCommands(text)).toEqual(['echo 1\n', 'echo 4 |\n  cat\n'])
})

test('blocks run in one copy of the repository, one after the other, and a failure is seen', async () => {
  const first = await reader.run('mkdir mine && cd mine\nlockstep init\n')
  const second = await reader.run('cd mine && ls lockstep.config.ts\nlockstep new add_language --kind addField\n')
  expect([first.code, second.code], first.stderr + second.stderr).toEqual([0, 0])
  expect((await reader.run('lockstep stauts\necho never')).code).toBe(64)
  expect(await reader.run('false | true\necho never')).toMatchObject({ code: 1, stdout: '' })
})
