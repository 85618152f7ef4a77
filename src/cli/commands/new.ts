import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { findConfig, loadConfig } from '../../config.ts'
import type { LoadedConfig } from '../../config.ts'
import { LockstepError } from '../../kernel/errors.ts'
import type { Cli } from '../cli.ts'
import { migrationTemplate, templateFile } from '../migration-template.ts'
import type { TemplateKind } from '../migration-template.ts'
import type { Options } from '../verb.ts'

/** `lockstep new SLUG`: writes a migration named by the UTC time and prints its path. */
export async function newMigration(cli: Cli, slug: string, options: Options): Promise<void> {
  if (!/^[a-z0-9][a-z0-9_]{0,99}$/.test(slug)) throw badSlug(slug)
  const { root, migrationsFolder: folder } = await projectOf(cli)
  const id = `${stampOf(cli.world.clock.now())}_${slug}`
  const file = join(folder, `${id}.ts`)
  mkdirSync(dirname(file), { recursive: true })
  const kind = options['kind'] as TemplateKind
  writeNew(file, migrationTemplate(kind, slug))
  writeBeside(root, kind)
  if (cli.format === 'json') cli.printJson({ id, file })
  else cli.print(relative(cli.world.cwd, file) || file)
  cli.say('next  write its steps, then lockstep plan')
}

/** A file of the user's own stays as it is. */
function writeBeside(root: string, kind: TemplateKind): void {
  const [path, text] = templateFile(kind) ?? []
  if (path === undefined || text === undefined || existsSync(join(root, path))) return
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeNew(join(root, path), text)
}

async function projectOf({ folder, configFile }: Cli): Promise<Pick<LoadedConfig, 'root' | 'migrationsFolder'>> {
  if (configFile === undefined && findConfig(folder) === undefined) {
    throw new LockstepError('LS-1002', `no lockstep.config.ts in ${folder} or above`, {
      hint: 'lockstep init writes one',
    })
  }
  const { provided } = await import('../../authoring.ts')
  return loadConfig({ folder, file: configFile, provided })
}

function badSlug(slug: string): LockstepError {
  const better = slug
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return new LockstepError('LS-1007', `"${slug}" cannot be part of a migration's name`, {
    where: { name: 'lockstep new SLUG' },
    why: 'up to 100 lower-case letters, digits and underscores, the first no underscore',
    hint: better === '' ? 'lockstep new chats_know_their_language' : `lockstep new ${better}`,
  })
}

/** 14 digits of UTC. */
function stampOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\D/g, '').slice(0, 14)
}

function writeNew(file: string, text: string): void {
  const handle = openSync(file, 'wx')
  try {
    writeFileSync(handle, text)
  } finally {
    closeSync(handle)
  }
}
