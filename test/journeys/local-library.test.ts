import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the program of the guide to local databases runs on the package as it is built', () => {
  const [, program = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(`${root}docs/guides/local.md`, 'utf8')) ?? []
  // From this folder the package finds itself by its name.
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
    stdio: 'pipe',
  })
  expect(said).toMatch(/^127\.0\.0\.1:\d+ postgres:\S+\n$/)
})
