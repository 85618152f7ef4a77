import type { Option } from 'commander'
import { globalOptions } from '../src/cli/program.ts'
import { verbs } from '../src/cli/verbs.ts'
import type { Verb } from '../src/cli/verb.ts'

const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done, or nothing to do'],
  [1, 'failure'],
  [2, 'something is pending (`status` and `plan`, only with `--exit-code`)'],
  [3, '`lint` found an error, or `up` was stopped by one'],
  [4, 'drift, or a stale plan'],
  [5, 'verification failed'],
  [6, 'confirmation needed and none given, or a wrong one'],
  [7, 'another run holds the migration'],
  [8, 'paused, resumable'],
  [64, 'usage or configuration'],
  [130, 'interrupted after a clean pause'],
]

const cell = (text: string): string => text.replaceAll('|', '\\|')

function optionTable(options: readonly Option[]): readonly string[] {
  if (options.length === 0) return []
  const rows = options.map(({ flags, description, argChoices, defaultValue }) => {
    const choices = argChoices === undefined ? '' : `; one of ${argChoices.map((choice) => `\`${choice}\``).join(', ')}`
    const usual = defaultValue === undefined ? '' : `; \`${String(defaultValue)}\` without it`
    return `| \`${cell(flags)}\` | ${cell(description)}${choices}${usual} |`
  })
  return ['| option | |', '| --- | --- |', ...rows, '']
}

function renderVerb({ name, description, examples, operands, options, formats }: Verb): readonly string[] {
  return [
    `## lockstep ${[name, ...operands.map(([syntax]) => syntax)].join(' ')}`,
    '',
    description,
    '',
    '```sh',
    ...examples,
    '```',
    '',
    ...operands.map(([syntax, what]) => `\`${syntax}\`: ${what}.\n`),
    ...optionTable(options),
    `Formats: ${formats.map((format) => `\`${format}\``).join(', ')}.`,
    '',
  ]
}

/** The text of `docs/reference/cli.md`: every command with its options, from the tree the parser is made of. */
export function renderCliReference(): string {
  return [
    '<!-- Generated from src/cli/verbs.ts by `npm run generate`. Do not edit. -->',
    '',
    '# Command line',
    '',
    'Stdout holds the payload, stderr everything else: the target, progress, warnings, questions. With `--json` stdout',
    'holds one JSON document, also when the command fails; its shape is published under `schemas/` and only grows.',
    'Nothing is asked unless stdin and stderr are terminals and `CI` is not set.',
    '',
    '## Options of every command',
    '',
    ...optionTable(globalOptions()),
    '## Exit codes',
    '',
    '| code | |',
    '| --- | --- |',
    ...exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    '## Confirmation',
    '',
    '| | local | staging | production |',
    '| --- | --- | --- | --- |',
    '| `up` | none | a yes, or `--yes` | `ENVIRONMENT:PLAN` typed, or with `--confirm` |',
    '| `down`, `complete` | a yes, or `--yes` | a yes, or `--yes` | `ENVIRONMENT:RUN` typed, or with `--confirm` |',
    '',
    'A run was confirmed when it started: `up` goes on with it without asking again.',
    '',
    ...verbs.flatMap(renderVerb),
  ].join('\n')
}
