import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finished } from '../torture/processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The fenced sh blocks of a Markdown text that stand under `<!-- test -->`, in order. */
export function markedCommands(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^<!-- test -->[ \t]*\n(?:[ \t]*\n)*```sh\n([\s\S]*?)^```[ \t]*$/gm)].map(
    ([, block = '']) => block,
  )
}

/** A copy of this repository with its packages and `lockstep` on the path; blocks run in it one after the other. */
export interface Reader {
  readonly folder: string
  run(block: string): Promise<Finished>
  close(): void
}

const copied = [
  'bin',
  'dist',
  'examples',
  'package.json',
  'package-lock.json',
  'schemas',
  'scripts',
  'src',
  'tsconfig.build.json',
  'tsconfig.json',
]

export function createReader(): Reader {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-reader-'))
  for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'))
  mkdirSync(join(folder, '.path'))
  const command = join(folder, '.path/lockstep')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${join(folder, 'bin/lockstep.js')}' "$@"\n`)
  chmodSync(command, 0o755)
  const env = {
    ...process.env,
    PATH: `${join(folder, '.path')}:${process.env['PATH'] ?? ''}`,
    CI: 'true',
    NO_COLOR: '1',
    npm_config_offline: 'true',
  }
  return {
    folder,
    run: (block) =>
      new Promise((resolve, reject) => {
        const child = spawn('bash', ['-euo', 'pipefail', '-c', block], {
          cwd: folder,
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        let [stdout, stderr] = ['', '']
        child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
        child.once('error', reject)
        child.once('close', (code) => resolve({ code, stdout, stderr }))
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
