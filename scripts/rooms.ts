import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { roomRules, rooms } from './room-rules.ts'

interface Cruise {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly unknown[] }[]
  readonly summary: { readonly violations: readonly Violation[] }
}

interface Violation {
  readonly from: string
  readonly to: string
  readonly rule: { readonly name: string }
  readonly cycle?: readonly { readonly name: string }[]
}

const cruiser = fileURLToPath(new URL('../node_modules/dependency-cruiser/bin/dependency-cruise.mjs', import.meta.url))

/** The TypeScript files under `root/src`, as sorted paths relative to `root`. */
function sourceFiles(root: string): readonly string[] {
  if (!existsSync(join(root, 'src'))) return []
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name}`)
    .sort()
}

function cruise(root: string, rules: object): Cruise {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-rooms-'))
  try {
    const config = join(folder, 'rules.json')
    writeFileSync(config, JSON.stringify(rules))
    const args = [cruiser, 'src', '--config', config, '--output-type', 'json']
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser gave no result: ${stderr}`)
    return JSON.parse(stdout) as Cruise
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function describeBreach({ from, to, rule, cycle }: Violation): string {
  if (cycle !== undefined) return `imports form a cycle: ${[from, ...cycle.map(({ name }) => name)].join(' → ')}`
  const why = roomRules.forbidden.find(({ name }) => name === rule.name)?.comment
  return `${from} imports ${to}, but ${why ?? rule.name}`
}

/**
 * What is wrong with the rooms under `root`, one sentence a problem; none when every import is allowed. Reading fewer
 * modules than there are files is a problem too: a checker that reads nothing finds nothing.
 */
export function roomProblems(root: string, rules: object = roomRules): readonly string[] {
  const files = sourceFiles(root)
  if (files.length === 0) return ['src holds no TypeScript file to read']
  const { modules, summary } = cruise(root, rules)
  const read = new Set(modules.map((module) => module.source))
  const unread = files.filter((file) => !read.has(file))
  const homeless = files.filter((file) => !rooms.some((room) => new RegExp(room.at).test(file)))
  return [
    ...unread.map((file) => `${file} was not read`),
    ...homeless.map((file) => `${file} lies in no room`),
    ...summary.violations.map(describeBreach),
  ]
}
