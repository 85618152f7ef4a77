import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'

/** How a run ended, as `scripts/test.mjs` reads it. */
interface Outcome {
  readonly passed: number
  readonly failed: number
  /** Reason to full test names. */
  readonly skipped: Readonly<Record<string, readonly string[]>>
}

function reasonOf(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return note ?? test.meta().skipReason ?? 'no reason given'
}

function skippedByReason(tests: readonly TestCase[]): Outcome['skipped'] {
  const skipped: Record<string, string[]> = {}
  for (const test of tests) (skipped[reasonOf(test)] ??= []).push(`${test.module.relativeModuleId} > ${test.fullName}`)
  return skipped
}

/** A file that cannot be loaded, a failing hook and an error outside any test each count as one failure. */
function failuresOutsideTests(modules: readonly TestModule[], unhandled: readonly SerializedError[]): number {
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
  return unhandled.length + suites.reduce((sum, suite) => sum + suite.errors().length, 0)
}

/** Writes the outcome of the run to the file that LOCKSTEP_TEST_OUTCOME names, if it names one. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env['LOCKSTEP_TEST_OUTCOME']
    if (file === undefined) return
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state)
    const outcome: Outcome = {
      passed: inState('passed').length,
      failed: inState('failed').length + failuresOutsideTests(modules, unhandled),
      skipped: skippedByReason([...inState('skipped'), ...inState('pending')]),
    }
    writeFileSync(file, JSON.stringify(outcome))
  }
}
