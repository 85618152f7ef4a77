import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { findConfig, loadConfig } from '../../config.ts'
import { LockstepError } from '../../kernel/errors.ts'
import type { Cli } from '../cli.ts'
import { migrationTemplate } from '../migration-template.ts'
import type { TemplateKind } from '../migration-template.ts'
import type { Options } from '../verb.ts'

/** `lockstep new SLUG`: writes a migration named by the UTC time and prints its path. */
export async function newMigration(cli: Cli, slug: string, options: Options): Promise<void> {
  if (!/^[a-z0-9][a-z0-9_]{0,99}$/.test(slug)) throw badSlug(slug)
  const folder = await migrationsFolder(cli)
  const id = `${stampOf(cli.world.clock.now())}_${slug}`
  const file = join(folder, `${id}.ts`)
  mkdirSync(dirname(file), { recursive: true })
  writeNew(file, migrationTemplate(options['kind'] as TemplateKind, slug))
  if (cli.format === 'json') cli.printJson({ id, file })
  else cli.print(relative(cli.world.cwd, file) || file)
  cli.say('next  write its steps, then lockstep plan')
}

async function migrationsFolder({ folder, configFile }: Cli): Promise<string> {
  if (configFile === undefined && findConfig(folder) === undefined) {
    throw new LockstepError('LS-1002', `no lockstep.config.ts in ${folder} or above`, {
      hint: 'lockstep init writes one',
    })
  }
  const { provided } = await import('../../authoring.ts')
  return (await loadConfig({ folder, file: configFile, provided })).migrationsFolder
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
