import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const parent = 'src/plan/rules'

/** One lint rule as its folder names it: `identifier` is the camel case of `name`. `folder` is relative to the project. */
export interface RuleFolder {
  readonly name: string
  readonly identifier: string
  readonly folder: string
}

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The lint rules under `root`, sorted by name. */
export function listRules(root: string): readonly RuleFolder[] {
  if (!existsSync(join(root, parent))) return []
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, identifier: camelCase(name), folder: `${parent}/${name}` }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The three files that make a rule, relative to the project. */
function filesOfRule({ folder, name }: RuleFolder): readonly string[] {
  return ['.ts', '.test.ts', '.md'].map((ending) => `${folder}/${name}${ending}`)
}

/** What is wrong with the folders of rules under `root`, one sentence a problem. */
export function ruleProblems(root: string): readonly string[] {
  return listRules(root).flatMap((rule) => {
    const missing = filesOfRule(rule).filter((file) => !existsSync(join(root, file)))
    return [
      ...missing.map((file) => `${file} is missing: a rule is code, test and page`),
      ...(missing.length === 0 ? misnamed(root, rule) : []),
    ]
  })
}

/** The page's heading and the rule's own name are those of the folder: one name from file to flag to docs. */
function misnamed(root: string, { folder, name }: RuleFolder): readonly string[] {
  const text = (ending: string): string => readFileSync(join(root, `${folder}/${name}${ending}`), 'utf8')
  return [
    ...(text('.md').startsWith(`# ${name}\n`) ? [] : [`${folder}/${name}.md does not begin with "# ${name}"`]),
    ...(text('.ts').includes(`name: '${name}'`) ? [] : [`${folder}/${name}.ts does not call its rule '${name}'`]),
  ]
}
