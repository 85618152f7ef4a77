import { existsSync, readFileSync, statSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import { normaliseLineEnds, sha256 } from '../kernel/checksum.ts'
import type { Where } from '../kernel/errors.ts'

/** Modules a user's file gets by name from this process, so that both sides share them. */
export type ProvidedModules = Readonly<Record<string, unknown>>

/** Runs a user's TypeScript or JavaScript file and returns its default export. */
export async function loadModule(file: string, provided: ProvidedModules): Promise<unknown> {
  const jiti = createJiti(file, { moduleCache: false, tsconfigPaths: true, virtualModules: { ...provided } })
  return jiti.import(file, { default: true })
}

export interface Checksum {
  /** SHA-256 of the file and the local files it imports, line ends normalised. */
  readonly text: string
  /** The same after comments, spacing and types are gone: equal when only those changed. */
  readonly meaning: string
}

export interface ModuleSource {
  readonly checksum: Checksum
  /** The SQL files of the project that it names, by absolute path, line ends normalised. */
  readonly sql: ReadonlyMap<string, string>
}

/** Path in quotes, as the code has it once types and comments are gone. */
const sqlFile = /(["'`])((?:(?!\1)[^\\\n])+\.sql)\1/g

/**
 * Reads, never runs, the file, what it imports by relative path, and the SQL files that it names by a path from `root`:
 * they are part of the checksum. Where their texts are those of `applied`, so is their meaning, and nothing is parsed.
 */
export function readSource(file: string, root: string, applied?: Checksum): ModuleSource {
  // Its cache knows a file by its source alone, and would answer with what it kept for running it.
  const jiti = createJiti(file, { fsCache: false })
  if (applied !== undefined) {
    const { checksum, sql } = gather(jiti, [file, root], unparsed)
    if (checksum.text === applied.text) return { checksum: applied, sql }
  }
  return gather(jiti, [file, root], {
    codeOf: (source, path) =>
      jiti.transform({
        source,
        filename: path,
        ts: /\.[mc]?tsx?$/.test(path),
        async: true,
        babel: { comments: false, minified: true, retainLines: false },
      }),
    imports: /(?:jitiImport|require|import)\((")(\.[^"]+)"\)/g,
    isFile: () => true,
  })
}

interface Reading {
  codeOf(source: string, path: string): string
  /** The second group is the path of another file of the project. */
  readonly imports: RegExp
  /** Whether what looks like an import is one. */
  isFile(path: string): boolean
}

/** Without a parser: what it takes for an import too many or too few shows in the checksum of the texts. */
const unparsed: Reading = {
  codeOf: (source) => source.replace(/^\s*(?:import|export)\s+type\b[^'";]*from\s*['"][^'"\n]+['"]/gm, ''),
  imports: /\b(?:from|import|require)\s*\(?\s*(["'])(\.[^"'\n]+)\1/g,
  isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
}

/** The file and those that its code leads to. */
function gather(
  jiti: ReturnType<typeof createJiti>,
  [file, root]: readonly [string, string],
  { codeOf, imports, isFile }: Reading,
): ModuleSource {
  const texts: string[] = []
  const meanings: string[] = []
  const sql = new Map<string, string>()
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path) || !isFile(path)) return
    seen.add(path)
    const source = normaliseLineEnds(readFileSync(path, 'utf8'))
    const code = codeOf(source, path)
    texts.push(source)
    meanings.push(code)
    for (const [, , name = ''] of code.matchAll(sqlFile)) {
      const found = resolve(root, name)
      if (!sql.has(found) && existsSync(found)) sql.set(found, normaliseLineEnds(readFileSync(found, 'utf8')))
    }
    for (const [, , name = ''] of code.matchAll(imports)) {
      const found = jiti.esmResolve(name, { parentURL: path, try: true })
      visit(found === undefined ? resolve(dirname(path), name) : fileURLToPath(found))
    }
  }
  visit(resolve(file))
  const sum = (parts: readonly string[]): string => sha256([...parts, ...sql.values()].join('\0'))
  return { checksum: { text: sum(texts), meaning: sum(meanings) }, sql }
}

/** Where in the file an error was thrown, with the line's text, from a stack or a syntax error's message. */
export function placeOf(error: unknown, file: string): Where {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : ''
  const escaped = file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const thrown = new RegExp(`${escaped}:(\\d+):(\\d+)`).exec(text)
  const found = thrown ?? /\((\d+):(\d+)\)/.exec(text)
  if (found === null) return { file }
  // The parser counts columns from 0, a stack from 1.
  const isUnparsed = thrown === null || /\bParseError\b/.test(text)
  const [line, column] = isUnparsed
    ? [Number(found[1]), Number(found[2]) + 1]
    : asWritten(file, Number(found[1]), Number(found[2]))
  const source = readFileSync(file, 'utf8').split(/\r?\n/)[line - 1]
  return { file, line, column, ...(source === undefined ? {} : { source }) }
}

/** The place in the user's file that a place in what ran of it stands for: the lines are kept, the columns are not. */
function asWritten(file: string, line: number, column: number): readonly [number, number] {
  const jiti = createJiti(file, { fsCache: false, sourceMaps: true })
  const code = jiti.transform({
    source: readFileSync(file, 'utf8'),
    filename: file,
    ts: /\.[mc]?tsx?$/.test(file),
    async: true,
  })
  const map = /sourceMappingURL=data:[^,]*;base64,([\w+/=]+)/.exec(code)?.[1]
  if (map === undefined) return [line, column]
  const payload = JSON.parse(Buffer.from(map, 'base64').toString('utf8')) as ConstructorParameters<typeof SourceMap>[0]
  const entry = new SourceMap(payload).findEntry(line - 1, column - 1)
  return 'originalLine' in entry ? [entry.originalLine + 1, entry.originalColumn + 1] : [line, column]
}
