import { existsSync, readFileSync } from 'node:fs'
import { LockstepError, errorCatalogue } from '../../kernel/errors.ts'
import { lintRules } from '../../plan/rules/catalogue.ts'
import { docsOfRule } from '../../report/lint.ts'
import { ownFolder, packageFolder } from '../../version.ts'
import type { Cli } from '../cli.ts'
import { nearest } from '../nearest.ts'

/** What is known of a rule or an error. */
interface Explanation {
  readonly name: string
  readonly title: string
  readonly severity: string | null
  readonly exit: number | null
  /** Markdown. */
  readonly page: string
  readonly docs: string
}

/** `lockstep explain NAME`: the page of a rule or the entry of an error, from the package alone. */
export function explain(cli: Cli, name: string): void {
  const found = ofRule(name.toLowerCase()) ?? ofError(name.toUpperCase())
  if (found === undefined) throw unknown(name)
  if (cli.format === 'json') return cli.printJson({ formatVersion: 1, ...found })
  cli.print(found.page)
}

function ofRule(name: string): Explanation | undefined {
  const rule = lintRules.find((each) => each.name === name)
  if (rule === undefined) return undefined
  const file = new URL(`plan/rules/${name}/${name}.md`, ownFolder)
  const page = readFileSync(file, 'utf8').trimEnd()
  const severity = rule.over === 'sql' ? rule.severity : null
  const told =
    rule.over === 'sql'
      ? `\n\n${rule.severity}: ${rule.summary}. Why: ${rule.why}. Instead: ${rule.fix}.`
      : `\n\n${rule.summary}.`
  return {
    name,
    title: rule.summary,
    severity,
    exit: null,
    page: page.replace(/^(# .*)/, `$1${told}`),
    docs: docsOfRule(name),
  }
}

function ofError(code: string): Explanation | undefined {
  const entry = Object.entries(errorCatalogue).find(([key]) => key === code)?.[1]
  if (entry === undefined) return undefined
  const reference = new URL('docs/reference/errors.md', packageFolder)
  const text = existsSync(reference) ? readFileSync(reference, 'utf8') : ''
  const section = new RegExp(`^### ${code}\\n+([\\s\\S]*?)(?=^#{2,3} |$(?![\\s\\S]))`, 'm').exec(text)?.[1]?.trim()
  const title = `${entry.title.charAt(0).toUpperCase()}${entry.title.slice(1)}`
  return {
    name: code,
    title,
    severity: null,
    exit: entry.exit,
    page: `# ${code}\n\n${section ?? `${title}. Exit code ${entry.exit}.`}\n\nThe error itself says where it is, why it matters and how it is mended.`,
    docs: `docs/reference/errors.md#${code.toLowerCase()}`,
  }
}

function unknown(name: string): LockstepError {
  const names = [...lintRules.map((rule) => rule.name), ...Object.keys(errorCatalogue)]
  const close = nearest(name.startsWith('LS') || name.startsWith('ls') ? name.toUpperCase() : name.toLowerCase(), names)
  return new LockstepError('LS-1007', `"${name}" is neither a lint rule nor an error`, {
    where: { name: 'explain' },
    hint:
      close.length === 0
        ? 'docs/reference/lint.md and docs/reference/errors.md list them'
        : `did you mean ${close.join(' or ')}?`,
  })
}
