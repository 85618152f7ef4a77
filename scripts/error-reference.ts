import { errorCatalogue, warningCatalogue } from '../src/kernel/errors.ts'

const blocks: Readonly<Record<string, string>> = {
  1: 'Usage and configuration',
  2: 'Migration files and plans',
  3: 'Stores',
  4: 'Runs',
  5: 'Verification',
  6: 'Confirmation',
  9: 'Defects of Lockstep itself',
}

function renderBlock(block: string, title: string): string {
  const codes = Object.entries(errorCatalogue).filter(([code]) => code.startsWith(`LS-${block}`))
  const entries = codes.map(
    ([code, problem]) => `### ${code}\n\n${sentence(problem.title)} Exit code ${problem.exit}.\n`,
  )
  return [`## ${title}`, '', ...entries].join('\n')
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** The text of `docs/reference/errors.md`: every code of the catalogue, by thousand. */
export function renderErrorReference(): string {
  const homeless = Object.keys(errorCatalogue).filter((code) => blocks[code.charAt(3)] === undefined)
  if (homeless.length > 0) throw new Error(`no heading for ${homeless.join(', ')}: add its block`)
  return [
    '<!-- Generated from src/kernel/errors.ts by `npm run generate`. Do not edit. -->',
    '',
    '# Errors',
    '',
    'Every problem that Lockstep can name, and the exit code of a command that ends with it. The error itself says where',
    'it is, why it matters and how it is mended.',
    '',
    ...Object.entries(blocks).map(([block, title]) => renderBlock(block, title)),
    '## Warnings of a plan',
    '',
    'They stop nothing. What lint finds is listed with them, by the name of its rule ([Lint](lint.md)).',
    '',
    ...Object.entries(warningCatalogue).map(([code, title]) => `### ${code}\n\n${sentence(title)}\n`),
  ].join('\n')
}
