import { LockstepError } from '../../../kernel/errors.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { FunctionFile } from './function-file.ts'
import type { Signature } from './function-state.ts'

const record = '2249'
const nothing = '2278'

/** The file's parameters and result with the server's own types. Throws LS-2602 for a type it does not know. */
export async function resolveSignature(q: Queryable, file: FunctionFile, path: string): Promise<Signature> {
  const texts = [
    ...file.parameters.map((parameter) => parameter.type),
    ...(file.result === undefined ? [] : [file.result]),
  ]
  const rows = await q.query<{ oid: string | null }>(
    `select pg_catalog.to_regtype(t.text)::oid::text as oid from unnest($1::text[]) with ordinality as t(text, at) order by t.at`,
    [texts],
  )
  const types = rows.map(({ oid }, at) => {
    if (oid !== null) return oid
    throw new LockstepError('LS-2602', `${path} names a type this server does not know: ${texts[at] ?? ''}`, {
      where: { name: path },
      hint: 'write it with its schema, or create it in a migration before',
    })
  })
  const parameters = file.parameters.map(({ name, mode }, at) => ({ name, mode, type: types[at] ?? '' }))
  const out = parameters.filter(({ mode }) => mode === 'o' || mode === 'b')
  const implied = out.length === 1 && file.kind === 'function' ? out[0]?.type : out.length > 0 ? record : nothing
  return {
    kind: file.kind,
    inputs: parameters.filter(isInput).map(({ type }) => type),
    parameters,
    defaults: file.parameters.filter((parameter) => parameter.default).length,
    result: types[file.parameters.length] ?? implied ?? nothing,
    set: file.set,
  }
}

function isInput({ mode }: { readonly mode: string }): boolean {
  return mode === 'i' || mode === 'b' || mode === 'v'
}

/** What CREATE OR REPLACE refuses to change, in words; empty where it would take the new one. Inputs are equal. */
export function refusedChanges(old: Signature, next: Signature): readonly string[] {
  const outOf = ({ parameters }: Signature): string =>
    JSON.stringify(parameters.filter(({ mode }) => mode !== 'i' && mode !== 'v'))
  const names = (signature: Signature): readonly string[] =>
    signature.parameters.filter(isInput).map(({ name }) => name)
  const modes = ({ parameters }: Signature): string =>
    parameters
      .filter(isInput)
      .map(({ mode }) => mode)
      .join('')
  const renamed = names(old).flatMap((name, at) => {
    const now = names(next)[at] ?? ''
    return name === '' || name === now ? [] : [`parameter ${name} becomes ${now === '' ? 'nameless' : now}`]
  })
  return [
    ...(old.kind === next.kind ? [] : [`a ${old.kind} becomes a ${next.kind}`]),
    ...(old.result === next.result && old.set === next.set && outOf(old) === outOf(next) ? [] : ['its result changes']),
    ...renamed,
    ...(modes(old) === modes(next) ? [] : ['the modes of its parameters change']),
    ...(next.defaults >= old.defaults ? [] : ['a parameter loses its default']),
  ]
}

export function sameInputs(a: Signature, b: Signature): boolean {
  return a.inputs.join(' ') === b.inputs.join(' ')
}

/** True where the parameters and the result are the very same. */
export function sameSignature(a: Signature, b: Signature): boolean {
  return sameInputs(a, b) && a.defaults === b.defaults && refusedChanges(a, b).length === 0 && namesOf(a) === namesOf(b)
}

function namesOf({ parameters }: Signature): string {
  return parameters.map(({ name }) => name).join('\0')
}

/**
 * Whether a call by names that fits the old one fits the new one too, as PostgREST calls: it takes neither then.
 */
export function isAmbiguous(old: Signature, next: Signature): boolean {
  const inputs = next.parameters.filter(isInput)
  const known = new Set(inputs.map(({ name }) => name))
  const wanted = new Set(old.parameters.filter(isInput).map(({ name }) => name))
  const required = inputs.slice(0, inputs.length - next.defaults).map(({ name }) => name)
  return [...wanted].every((name) => known.has(name)) && required.every((name) => wanted.has(name))
}
