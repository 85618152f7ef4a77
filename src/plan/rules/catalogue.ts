// Generated from the folders beside this file by `npm run generate`. Do not edit.
import { oldClientBreaks } from './old-client-breaks/old-client-breaks.ts'
import { queriedFieldWithoutIndex } from './queried-field-without-index/queried-field-without-index.ts'
import { sameTypeInPlace } from './same-type-in-place/same-type-in-place.ts'
import { ttlConversion } from './ttl-conversion/ttl-conversion.ts'
import type { LintRule } from './rule.ts'

/** Every rule of the linter, by name. */
export const lintRules: readonly LintRule[] = Object.freeze([
  oldClientBreaks,
  queriedFieldWithoutIndex,
  sameTypeInPlace,
  ttlConversion,
])
