import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lintRules } from '../src/plan/rules/catalogue.ts'
import type { SqlRule } from '../src/plan/rules/sql-rule.ts'
import { listRules } from './rules.ts'

const head = `<!-- Generated from src/plan/rules by \`npm run generate\`. Do not edit. -->

# Lint

\`lockstep lint\` looks through migrations and files of SQL and says what would break released clients, lose data, stop the
database or leave it open to strangers. It reads SQL by Postgres' own grammar, bodies of functions and texts given to \`EXECUTE\`
included. It opens no database unless asked to (\`--live\`), needs no account and no network, and looks at every file: it cannot
tell which are applied. \`--since origin/main\` leaves it at the files that are new or changed on a branch.

| | looks at |
| --- | --- |
| \`lockstep lint\` | every migration, and the SQL that \`lint.sql\` in the configuration names |
| \`lockstep lint sql/ 'db/**/*.sql'\` | files, folders and patterns of SQL, in the order of their names; needs no project |
| \`lockstep lint 20261122093000_orders\` | one migration |
| \`lockstep lint --live --env production\` | the database itself, by one read-only transaction over its catalogs |
| \`lockstep lint --live sql/\` | files as well, by the version of the server and the sizes of its tables |

\`plan\` shows the errors and warnings of the migration at hand as warnings. \`up\` (and the library's \`start\`) refuses to begin
where one is an error, with LS-2501 and exit code 3; a run that has begun goes on.

| | ends with |
| --- | --- |
| nothing, or warnings and notes only | 0 |
| errors, or warnings with \`--strict\` | 3 |

A note is told and counts nowhere. \`--format github\` prints annotations of a workflow, at most nine of a kind and how many more
there are; \`--format sarif\` is SARIF 2.1.0. Paths in both count from \`GITHUB_WORKSPACE\`, or from the working folder where that is
not set. \`--json\` has a published schema, \`schemas/lint.schema.json\`. \`lockstep explain RULE\` prints a rule's part of this page.
[SQL in CI](../guides/sql-in-ci.md) has workflows to copy.

## What is known of the server

| | |
| --- | --- |
| its version | \`--server-version 14.2\`, or \`lint.serverVersion\`; with \`--live\`, \`plan\` and \`up\` its own; else 15 counts |
| the sizes of its tables | with \`--live\`, \`plan\` and \`up\`: below 10,000 rows, what only takes long is a note |
| who opens transactions | \`BEGIN\` in the file; \`--one-transaction\` or \`lint.oneTransaction\` where the runner wraps every file; a step says it itself |
| whether an API serves the schema public | a file under \`supabase/\`, or one that names the roles \`anon\`, \`authenticated\` or \`service_role\`; with \`--live\`, whether they exist |

Tables that a script has made itself are left alone by the rules about locks. Files named together run one after the other:
what an earlier one defines is known in a later one.

## Mend

\`lockstep lint --fix FILES…\` writes what is mechanical into files of SQL, and says what is left: \`CONCURRENTLY\` where no transaction
is open, \`NOT VALID\` with a \`VALIDATE\` behind it, \`SET LOCAL\`, a \`lock_timeout\`, \`jsonb\`. Migrations are not touched.

## Accept a finding

In SQL, by a comment before the statement, in it, or behind it in the same line, with the reason. \`allow-file\` speaks of the
whole file, several rules are separated by commas, and without a reason the comment is an error itself.

\`\`\`sql
-- lockstep: allow drop-column because no release since 2.3 has read it
alter table users drop column fax;
\`\`\`

In a migration, by the rule's name and with the reason. It holds for every step, is told with each lint, and is part of the
file's checksum, as all of it is: a migration that was applied is not edited any more.

\`\`\`ts
export default defineMigration({
  summary: 'Prices are in euros',
  steps: [ … ],
  allow: { 'old-client-breaks': 'the one client is our server, which reads both since 2.3' },
})
\`\`\`

For one run: \`lockstep up --allow old-client-breaks\`.

## Where else it is looked at

What is about a run and not about a text is said by other commands: files edited after they were applied (LS-2003), out of
order (LS-2005), a transaction pooler between Lockstep and the server (LS-3003), tables without their tenant (LS-2202) and
tenants without a table (LS-2201).

`

/** The text of `docs/reference/lint.md`: how lint is used, and the page of every rule as a section of its own. */
export function renderLintReference(root: string): string {
  const pages = listRules(root)
    .map(({ folder, name }) => join(root, folder, `${name}.md`))
    .filter((file) => existsSync(file))
  const sections = pages.map((file) => asSection(readFileSync(file, 'utf8')))
  return [head, ...overview(root), '## Rules\n', ...sections].join('\n')
}

/** Every rule in a line. */
function overview(root: string): readonly string[] {
  const names = new Set(listRules(root).map(({ name }) => name))
  const lines = lintRules.flatMap((rule) => {
    if (!names.has(rule.name)) return []
    const { severity, looks } = rule.over === 'sql' ? { severity: rule.severity, looks: looksOf(rule) } : ofShape
    return [`| [${rule.name}](#${rule.name}) | ${severity} | ${looks} | ${rule.summary} |`]
  })
  const [title, rule] = ['| rule | in general | looks at | what is right |', '| --- | --- | --- | --- |']
  return lines.length === 0 ? [] : [`## All ${lines.length} rules\n`, title, rule, ...lines, '']
}

const ofShape = { severity: 'as told', looks: 'documents' }

function looksOf({ on, script, live, ofDefinitions, optIn }: SqlRule): string {
  const texts = Object.keys(on).length > 0 || script !== undefined
  const parts = [...(texts ? ['SQL'] : []), ...(live !== undefined || ofDefinitions === true ? ['live'] : [])]
  return `${parts.join(', ')}${optIn === true ? ', if asked for' : ''}`
}

/** A page two headings deeper, its links as they are from docs/reference. */
function asSection(page: string): string {
  return page
    .replace(/^(#+) /gm, '##$1 ')
    .replaceAll('](../../../../docs/reference/', '](')
    .replaceAll('](../../../../docs/', '](../')
}
