import { quoteTable } from '../../../kernel/identifiers.ts'
import { listed } from '../../../tenants/fleet.ts'
import type { Effect, PlanWarning } from '../../operation.ts'
import { settingName } from './function-attributes.ts'
import { printFunction, targetOf } from './function-state.ts'
import { keepsOld } from './intent.ts'
import type { Intent } from './intent.ts'
import type { Found } from './plan-function.ts'
import { isAmbiguous } from './signatures.ts'

const noCost = {
  cost: 0,
  disk: 0,
  secondsSource: 'guess',
  count: { value: 1, source: 'counted' },
  unit: 'functions',
} as const

/** What the step does, phase by phase, for the plan. */
export function effectsOf(found: Found): readonly Effect[] {
  const { intent, old, done, dependents } = found
  const { memo, spec } = intent
  if (done) return []
  const name = printFunction(old.state)
  const locked = memo.path === 'same' ? [] : dependents.filter(({ what }) => !what.startsWith('function'))
  const change: Effect = {
    ...noCost,
    phase: memo.phase,
    what: `replace ${name}${detailOf(found)}`,
    lock:
      locked.length === 0
        ? 'none that blocks calls'
        : `ACCESS EXCLUSIVE on what holds ${locked.length} dependents, for milliseconds, lock_timeout 500 ms, retried`,
    seconds: [0, 1 + dependents.length * 0.02],
    undo: 'put the exact definition back, with owner, grants, comment and what depends on it',
    statements: statementsOf(found),
  }
  if (memo.path !== 'beside' || !keepsOld(spec)) return [change]
  return [
    change,
    {
      ...noCost,
      phase: 'contract',
      what: `drop ${name}, the old signature`,
      lock: 'none that blocks calls of others',
      seconds: [0, 1],
      undo: 'none once it is completed',
      statements: [`drop ${targetOf(old.state)}`],
    },
  ]
}

function detailOf({ intent, old, changes, dependents, mentions }: Found): string {
  const kept = keptOf(intent)
  return [
    ...(changes.length === 0 ? [] : [changes.join(', ')]),
    ...(old.wrappers.length === 0 ? [] : [`in the copy that ${old.wrappers.length} other steps have wrapped`]),
    ...(kept.length === 0 ? [] : [`keeps ${kept.join(', ')}, which the file leaves out`]),
    ...(dependents.length === 0
      ? []
      : [
          `used by ${listed(
            dependents.map(({ what }) => what),
            10,
          )}`,
        ]),
    ...(mentions.length === 0 ? [] : [`named in the source of ${listed(mentions, 10)}`]),
  ]
    .map((part) => `; ${part}`)
    .join('')
}

/** Attributes that are not the usual ones and that the statement does not name. */
function keptOf({ file, memo }: Intent): readonly string[] {
  const { attributes } = memo
  const { stated } = file
  const unusual: readonly (readonly [keyof typeof stated, boolean, string])[] = [
    ['definer', attributes.definer, 'security definer'],
    ['volatility', attributes.volatility !== 'volatile', attributes.volatility],
    ['strict', attributes.strict, 'strict'],
    ['leakproof', attributes.leakproof, 'leakproof'],
    ['parallel', attributes.parallel !== 'unsafe', `parallel ${attributes.parallel}`],
    ['cost', attributes.cost !== 100, `cost ${attributes.cost}`],
    ['rows', attributes.rows !== 0 && attributes.rows !== 1000, `rows ${attributes.rows}`],
    ['support', attributes.support !== null, `support ${attributes.support ?? ''}`],
  ]
  return [
    ...unusual.flatMap(([key, is, text]) => (is && stated[key] === undefined ? [text] : [])),
    ...attributes.settings.filter((setting) => !stated.settings.has(settingName(setting))).map((each) => `set ${each}`),
  ]
}

function statementsOf({ intent, old, dependents }: Found): readonly string[] {
  const { file, memo, spec } = intent
  const same = memo.path === 'same'
  const place = quoteTable(same ? old.inner : memo.next)
  const create = `${same ? 'create or replace' : 'create'} ${file.kind} ${place}${headOf(intent)}`
  const target = same ? targetOf(old.state) : `${file.kind} ${place}`
  if (same) return [create, ...grantStatements(intent, target)]
  return [
    create,
    ...grantStatements(intent, target),
    ...dependents.flatMap(({ again }) => again),
    ...(spec.options.shim === undefined ? [] : [`create or replace ${targetOf(old.state)} as /* shim */`]),
    ...(keepsOld(spec) ? [] : [`drop ${targetOf(old.state)}`]),
  ]
}

/** Bodies are long, and are in the file. */
function headOf({ file, spec }: Intent): string {
  const body = /\b(?:as\s*[$']|begin\s+atomic\b|return\s)/i.exec(file.rest)
  return `${file.rest.slice(0, body?.index).replaceAll(/\s+/g, ' ').trimEnd()} as /* ${spec.options.file} */`
}

function grantStatements({ memo, spec }: Intent, target: string): readonly string[] {
  if (spec.options.execute === undefined) return []
  const before = memo.grants.map(({ grantee }) => grantee)
  const gone = before.filter((role) => !memo.callers.includes(role))
  const come = memo.callers.filter((role) => !before.includes(role))
  return [
    ...(gone.length === 0 ? [] : [`revoke execute on ${target} from ${gone.join(', ')}`]),
    ...(come.length === 0 ? [] : [`grant execute on ${target} to ${come.join(', ')}`]),
  ]
}

/** What the team should know before it runs. */
export function warningsOf({ intent, old, changes, done, mentions }: Found): readonly PlanWarning[] {
  const { memo, spec, file, signature } = intent
  const warnings: PlanWarning[] = []
  const definer = file.stated.definer ?? memo.attributes.definer
  const open = memo.callers.filter((role) => ['public', 'anon', 'authenticated'].includes(role))
  if (definer && open.length > 0) {
    warnings.push({
      code: 'W301',
      message: `${spec.function} runs as its owner and may be called by ${open.join(', ')}: row level security does not hold there`,
      hint: "name who may call it, e.g. execute: ['service_role'], or make it security invoker",
    })
  }
  if (done || memo.path === 'same') return warnings
  if (!keepsOld(spec)) {
    warnings.push({
      code: 'W302',
      message: `callers of ${printFunction(old.state)} must fit the new one from the ${memo.phase} on: ${changes.join(', ')}`,
      hint: 'where they cannot change at once, give the new one other arguments and keep the old one: keepOld: true, or shim',
    })
  } else if (isAmbiguous(old.state.signature, signature) && memo.next.name === memo.old.name) {
    warnings.push({
      code: 'W303',
      message:
        'a call of the old signature by names fits the new one too: PostgREST answers PGRST203 while both are there',
      hint: 'give the new one a required parameter of another name',
    })
  }
  if (mentions.length > 0) {
    warnings.push({
      code: 'W304',
      message: `other functions name it in their source: ${listed(mentions)}; the catalog does not know how they call it`,
      hint: 'see that their calls fit the new signature',
    })
  }
  return warnings
}
