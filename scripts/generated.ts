import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { format, type FormatOptions } from 'oxfmt'
import { renderCliReference } from './cli-reference.ts'
import { renderErrorReference } from './error-reference.ts'
import { renderLintReference } from './lint-reference.ts'
import { renderOperationCatalogue } from './operation-catalogue.ts'
import { renderRuleCatalogue } from './rule-catalogue.ts'
import { schemaFiles } from './schemas.ts'

/** Every file that is made from others: one line a file. */
const generated: Readonly<Record<string, (root: string) => string | Promise<string>>> = {
  'src/operations/catalogue.ts': renderOperationCatalogue,
  'src/plan/rules/catalogue.ts': renderRuleCatalogue,
  'docs/reference/lint.md': renderLintReference,
  'docs/reference/errors.md': renderErrorReference,
  'docs/reference/cli.md': renderCliReference,
  ...schemaFiles,
}

const style = JSON.parse(readFileSync(new URL('../.oxfmtrc.json', import.meta.url), 'utf8')) as FormatOptions

async function renderFile(root: string, path: string): Promise<string> {
  const source = await generated[path]?.(root)
  const { code, errors } = await format(path, source ?? '', style)
  if (errors.length > 0) throw new Error(`${path}: ${errors.map(({ message }) => message).join('; ')}`)
  return code
}

const onDisk = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

/** The generated files under `root` whose text on disk is not what would be generated now. */
export async function staleFiles(root: string): Promise<readonly string[]> {
  const stale: string[] = []
  for (const path of Object.keys(generated)) {
    if (onDisk(join(root, path)) !== (await renderFile(root, path))) stale.push(path)
  }
  return stale
}

/** Writes the generated files under `root` that are stale, and says which. */
export async function writeGenerated(root: string): Promise<readonly string[]> {
  const stale = await staleFiles(root)
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), await renderFile(root, path))
  }
  return stale
}
