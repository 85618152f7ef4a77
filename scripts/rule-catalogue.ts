import { listRules } from './rules.ts'

/** The source of `src/plan/rules/catalogue.ts`: every rule whose folder lies under `root`, sorted by name. */
export function renderRuleCatalogue(root: string): string {
  const rules = listRules(root)
  return [
    '// Generated from the folders beside this file by `npm run generate`. Do not edit.',
    ...rules.map(({ identifier, name }) => `import { ${identifier} } from './${name}/${name}.ts'`),
    "import type { LintRule } from './rule.ts'\n",
    '/** Every rule of the linter, by name. */',
    `export const lintRules: readonly LintRule[] = Object.freeze([${rules.map(({ identifier }) => identifier).join(', ')}])\n`,
  ].join('\n')
}
