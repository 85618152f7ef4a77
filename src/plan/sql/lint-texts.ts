import { LockstepError } from '../../kernel/errors.ts'
import type { Where } from '../../kernel/errors.ts'
import type { SqlParser } from '../../sql/parser.ts'
import { stringsOf } from '../../sql/names.ts'
import { parseScript } from '../../sql/script.ts'
import type { Script } from '../../sql/script.ts'
import type { SqlText } from '../../sql/sql-text.ts'
import { placeAt } from '../../sql/text-map.ts'
import { asNode } from '../../sql/tree.ts'
import type { LintFinding } from '../lint-finding.ts'
import { lintRules } from '../rules/catalogue.ts'
import type { SqlRule } from '../rules/sql-rule.ts'
import { acceptedAt, allowancesOf } from './allowances.ts'
import type { Edit } from './edits.ts'
import { lintScript } from './lint-script.ts'
import type { SqlFacts } from './sql-facts.ts'

/** A finding in SQL, with what mends it. */
export interface SqlFinding extends LintFinding {
  readonly text: SqlText
  /** Empty where it is not mended mechanically. */
  readonly edits: readonly Edit[]
}

export interface SqlLinting {
  readonly parser: SqlParser
  readonly facts: SqlFacts
  /** Names of rules that are off unless they are asked for. */
  readonly also?: readonly string[]
}

const sqlRules: readonly SqlRule[] = lintRules.filter((rule) => rule.over === 'sql')
const isRule = (name: string): boolean => lintRules.some((rule) => rule.name === name)

/** What is found in these texts, each looked at as one that runs after those before it. Pure. */
export function lintTexts(texts: readonly SqlText[], linting: SqlLinting): readonly SqlFinding[] {
  const scripts = texts.map((text) => scriptOf(linting.parser, text))
  return scripts.flatMap((script, index) => lintOne(script, scripts.slice(0, index), linting))
}

/** A definition stands alone: what is done about grants and settings beside it is written below. */
function scriptOf(parser: SqlParser, source: SqlText): Script {
  const script = parseScript(parser, source)
  const create = script.statements
    .map(({ node }) => asNode(node, 'CreateFunctionStmt'))
    .find((node) => node !== undefined)
  if (source.definition === undefined || create === undefined) return script
  const { execute } = source.definition
  const name = stringsOf(create.funcname)
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
  const barred = ['public', 'anon', 'authenticated'].filter((role) => !execute.includes(role))
  const revoke = barred.length === 0 ? '' : `revoke execute on function ${name} from ${barred.join(', ')};`
  const text = `${source.text.trimEnd().replace(/;$/, '')};\n${revoke}\nalter function ${name} set search_path = '';`
  return parseScript(parser, { ...source, text })
}

function lintOne(script: Script, earlier: readonly Script[], { facts, also = [] }: SqlLinting): readonly SqlFinding[] {
  const rules = sqlRules.filter(
    ({ optIn, name, ofDefinitions }) =>
      (optIn !== true || also.includes(name)) &&
      (script.source.definition === undefined || ofDefinitions === true || name === 'sql-syntax'),
  )
  const allowances = allowancesOf(script)
  return lintScript(script, { facts, earlier, rules, isRule }).map(({ index, ...found }) => ({
    ...found,
    migration: null,
    step: null,
    kind: null,
    where: whereIn(script, index),
    accepted: acceptedAt(allowances, found.rule, index),
    text: script.source,
  }))
}

function whereIn({ source, text }: Script, index: number): Where {
  const place = placeAt(text, index)
  return source.file === undefined
    ? { name: `${source.name}:${place.line}:${place.column}` }
    : { file: source.file, ...place }
}

/** The same names. Throws LS-1007 for one that is no rule which is off unless it is asked for. */
export function requireOptInRules(names: readonly string[]): readonly string[] {
  const optIn = sqlRules.filter((rule) => rule.optIn === true).map(({ name }) => name)
  const unknown = names.find((name) => !optIn.includes(name))
  if (unknown === undefined) return names
  throw new LockstepError('LS-1007', `"${unknown}" is no rule that has to be asked for`, {
    where: { name: '--also' },
    hint: `these are: ${optIn.join(', ')}`,
  })
}
