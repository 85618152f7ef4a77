import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { provided } from '../../authoring.ts'
import { buildClientCode } from '../../client-code.ts'
import { loadConfig } from '../../config.ts'
import { LockstepError } from '../../kernel/errors.ts'
import { normaliseLineEnds } from '../../kernel/checksum.ts'
import type { Cli } from '../cli.ts'
import type { Options } from '../verb.ts'

/** Where the file is without `--out`: beside the configuration. */
const usualFile = 'lockstep.client.ts'

/** `lockstep codegen`: writes the file when it is stale; with `--check` writes nothing, and 1 tells that it is. */
export async function codegen(cli: Cli, options: Options): Promise<number> {
  const loaded = await loadConfig({ folder: cli.folder, file: cli.configFile, provided })
  const out = options['out'] as string | undefined
  const file = out === undefined ? join(loaded.root, usualFile) : resolve(cli.world.cwd, out)
  const text = await buildClientCode(loaded)
  const shown = relative(cli.world.cwd, file) || file
  if (existsSync(file) && normaliseLineEnds(readFileSync(file, 'utf8')) === text) {
    cli.print(`fresh  ${shown}`)
    return 0
  }
  if (options['check'] === true) {
    cli.print(`stale  ${shown}`)
    cli.say(`next  lockstep codegen${out === undefined ? '' : ` --out ${out}`}`)
    return 1
  }
  writeText(file, text)
  cli.print(`wrote  ${shown}`)
  return 0
}

function writeText(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  } catch (cause) {
    throw new LockstepError('LS-1007', `${file} cannot be written`, {
      where: { name: '--out' },
      hint: 'name a file in a folder that may be written to',
      cause,
    })
  }
}
