import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findConfig } from '../../config.ts'
import type { Cli } from '../cli.ts'
import { configTemplate, detectProject } from '../config-template.ts'
import type { Options } from '../verb.ts'

interface Piece {
  readonly path: string
  readonly action: 'wrote' | 'exists' | 'would write'
  /** What is, or would be, written; empty for a folder. */
  readonly text: string
}

/** `lockstep init`: writes what is not there, names what is; a second time it writes nothing. */
export async function init(cli: Cli, options: Options): Promise<void> {
  const dry = options['dryRun'] === true
  const found = detectProject(cli.folder)
  for (const line of found.told) cli.say(`found ${line}`)
  const pieces = [
    configPiece(cli.folder, configTemplate(found, basename(cli.folder)), dry),
    folderPiece(cli.folder, dry),
    ignorePiece(cli.folder, dry),
  ]
  if (cli.format === 'json') cli.printJson({ formatVersion: 1, files: pieces })
  else for (const piece of pieces) printPiece(cli, piece)
  if (!dry) cli.say('next  lockstep local in one terminal, then lockstep doctor, then lockstep new SLUG')
}

function printPiece(cli: Cli, { path, action, text }: Piece): void {
  cli.print(`${action.padEnd(6)}  ${path}${action === 'exists' ? '  (left as it is)' : ''}`)
  if (action === 'would write' && text !== '') cli.print(text.replace(/^/gm, '  | ').replace(/ *\|? *$/, ''))
}

function configPiece(folder: string, text: string, dry: boolean): Piece {
  const existing = findConfig(folder)
  if (existing !== undefined) return { path: existing, action: 'exists', text: '' }
  const path = join(folder, 'lockstep.config.ts')
  if (!dry) writeFileSync(path, text, { flag: 'wx' })
  return { path: 'lockstep.config.ts', action: dry ? 'would write' : 'wrote', text }
}

function folderPiece(folder: string, dry: boolean): Piece {
  const path = join(folder, 'migrations')
  if (existsSync(path)) return { path: 'migrations/', action: 'exists', text: '' }
  if (!dry) mkdirSync(path)
  return { path: 'migrations/', action: dry ? 'would write' : 'wrote', text: '' }
}

/** Data of `lockstep local`, and plans, which name hosts. */
const ignored = ['.lockstep/', 'lockstep-plan*.json'] as const

function ignorePiece(folder: string, dry: boolean): Piece {
  const file = join(folder, '.gitignore')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const lines = before.split(/\r?\n/)
  const missing = ignored.filter((line) => !lines.includes(line))
  if (missing.length === 0) return { path: '.gitignore', action: 'exists', text: '' }
  const text = `${missing.join('\n')}\n`
  if (!dry) appendFileSync(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}${text}`)
  return { path: '.gitignore', action: dry ? 'would write' : 'wrote', text }
}
