import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** Each runs every case of its kind, for minutes, in a few lines: by their size they would come last, and be waited for. */
const longest = /\/test\/laws\/(tables|fields|places)\.test\.ts$/

/** Files in vitest's order, by size where it knows no times, but for the longest, which begin. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))]
  }
}

function isLongest({ moduleId }: TestSpecification): boolean {
  return longest.test(moduleId)
}
