import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listRules } from './rules.ts'

const head = `<!-- Generated from src/plan/rules by \`npm run generate\`. Do not edit. -->

# Lint

\`lockstep lint\` reads migration files, the configuration and \`firestore.indexes.json\` beside it, and says what would break
released clients, lose data or lack an index. It opens no database, so it runs anywhere, and looks at every file:
it cannot tell which are applied. \`--since origin/main\` leaves it at the files that are new or changed on a branch.

\`plan\` shows the findings of the migration at hand as warnings. \`up\` (and the library's \`start\`) refuses to begin where
one is an error, with LS-2501 and exit code 3; a run that has begun goes on.

| | ends with |
| --- | --- |
| nothing, or warnings only | 0 |
| errors, or warnings with \`--strict\` | 3 |

\`--format github\` prints annotations of a workflow, at most nine of a kind and how many more there are; \`--format sarif\` is
SARIF 2.1.0. Paths in both count from \`GITHUB_WORKSPACE\`, or from the working folder where that is not set. \`--json\` has a
published schema, \`schemas/lint.schema.json\`.

## Accept a finding

In the migration, by the rule's name and with the reason. It holds for every step, is told with each lint, and is part of the
file's checksum, as all of it is: a migration that was applied is not edited any more.

\`\`\`ts
export default defineMigration({
  summary: 'Prices are in euros',
  steps: [ … ],
  allow: { 'old-client-breaks': 'the one client is our server, which reads both since 2.3' },
})
\`\`\`

For one run: \`lockstep up --allow old-client-breaks\`.

## Rules
`

/** The text of `docs/reference/lint.md`: how lint is used, and the page of every rule as a section of its own. */
export function renderLintReference(root: string): string {
  const pages = listRules(root)
    .map(({ folder, name }) => join(root, folder, `${name}.md`))
    .filter((file) => existsSync(file))
  return [head, ...pages.map((file) => asSection(readFileSync(file, 'utf8')))].join('\n')
}

/** A page two headings deeper, its links as they are from docs/reference. */
function asSection(page: string): string {
  return page
    .replace(/^(#+) /gm, '##$1 ')
    .replaceAll('](../../../../docs/reference/', '](')
    .replaceAll('](../../../../docs/', '](../')
}
