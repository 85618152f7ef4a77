import { basename, isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sha256 } from '../kernel/checksum.ts'
import { lintRules } from '../plan/rules/catalogue.ts'
import type { LintReport, ReportedFinding } from './lint.ts'
import { docsOfRule } from './lint.ts'
import { fromRoot } from './paths.ts'

/** The findings as SARIF 2.1.0, accepted ones as suppressed; `folder` is the root of the checkout. */
export function buildLintSarif({ findings }: LintReport, folder: string, version: string): object {
  const rules = lintRules.map(({ name, summary }) => ({
    id: name,
    shortDescription: { text: summary },
    help: { text: docsOfRule(name) },
  }))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'lockstep', version, rules } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, folder)),
      },
    ],
  }
}

function resultOf(finding: ReportedFinding, folder: string): object {
  const { rule, severity, message, why, fix, where, accepted } = finding
  return {
    ruleId: rule,
    ruleIndex: lintRules.findIndex(({ name }) => name === rule),
    level: severity,
    message: { text: `${message}: ${why}. Fix: ${fix}` },
    locations: [locationOf(where, folder)],
    partialFingerprints: { 'lockstepFinding/v1': fingerprintOf(finding) },
    ...(accepted === null ? {} : { suppressions: [{ kind: 'inSource', justification: accepted }] }),
  }
}

/** In a file, or of a thing in a database. */
function locationOf(where: ReportedFinding['where'], folder: string): object {
  if (where.file === undefined) return { logicalLocations: [{ fullyQualifiedName: where.name ?? '' }] }
  const region = where.line === undefined ? {} : { region: regionOf(where.line, where.column) }
  return { physicalLocation: { artifactLocation: { uri: uriOf(where.file, folder) }, ...region } }
}

function regionOf(startLine: number, startColumn: number | undefined): object {
  return startColumn === undefined ? { startLine } : { startLine, startColumn }
}

function uriOf(file: string, folder: string): string {
  const path = fromRoot(file, folder)
  return isAbsolute(path) ? pathToFileURL(path).href : path.split('/').map(encodeURIComponent).join('/')
}

/** The same finding keeps it when lines move; it has nothing of the place. */
function fingerprintOf({ rule, migration, step, message, where }: ReportedFinding): string {
  const place = migration === null ? (where.file === undefined ? where.name : basename(where.file)) : migration
  return sha256([rule, place, step, message].join('\0'))
}
