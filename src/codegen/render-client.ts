import type { Move } from '../client/move.ts'
import type { ShapeStep } from '../client/shape.ts'
import { createNames, lowerFirst, wordOf } from './client-names.ts'
import type { Names } from './client-names.ts'
import type { ClientModel, ClientShape } from './collect-shapes.ts'
import { knownFields, propertyName, renderFields } from './field-types.ts'
import { renderLiteral } from './render-literal.ts'

/** The TypeScript file of an app's documents. The same migrations give the same text. */
export function renderClient(model: ClientModel): string {
  const names = createNames()
  const moveNames = new Map(model.moves.map((move) => [move, names.take(`${lowerFirst(moveWord(move))}Move`)]))
  const moves = model.moves.flatMap((move) => renderMove(move, moveNames.get(move) ?? ''))
  const shapes = model.shapes.flatMap((shape) => renderShape(shape, { names, moveNames, moves: model.moves }))
  const body = [...moves, ...shapes].join('\n')
  return [
    '// Written by `lockstep codegen` from the migrations. Do not edit: write it anew after each migration.',
    ...imports(body),
    '',
    body === '' ? 'export {}\n' : body,
  ].join('\n')
}

const values = ['bothPaths', 'collectionPath', 'createConverter']
const types = [
  'BytesLike',
  'ConversionFunctions',
  'ConverterOptions',
  'DefaultFunction',
  'GeoPointLike',
  'Move',
  'Phases',
  'ReferenceLike',
  'Sdk',
  'Shape',
  'ShapeConverter',
  'TimestampLike',
  'TransformFunctions',
  'VectorLike',
]

/** Only what the text uses: projects refuse unused imports. */
function imports(body: string): readonly string[] {
  const used = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(body)
  const line = (keyword: string, found: readonly string[]): readonly string[] =>
    found.length === 0 ? [] : [`import ${keyword}{ ${found.join(', ')} } from 'lockstep/client'`]
  return [...line('', values.filter(used)), ...line('type ', types.filter(used))]
}

function moveWord({ from, path = [], fields = [] }: Move): string {
  return wordOf(from, ...path, ...(fields[0] ?? []))
}

function renderMove(move: Move, name: string): readonly string[] {
  const { migration, from, to, what, inward } = move
  const things = { documents: 'Documents', entries: 'Entries', fields: 'Fields' }[what]
  return [
    `/** ${things} of ${worded(from)}, which are ${inward ? 'folded into' : 'moved to'} ${worded(to)} by ${migration}. */`,
    `export const ${name}: Move = ${renderLiteral(move)}`,
    '',
  ]
}

/** In a comment, which nothing in it must end. */
function worded(pattern: string): string {
  return pattern.replaceAll('*/', '* /')
}

interface Context {
  readonly names: Names
  readonly moveNames: ReadonlyMap<Move, string>
  readonly moves: readonly Move[]
}

function renderShape(shape: ClientShape, { names, moveNames, moves }: Context): readonly string[] {
  const word = names.take(wordOf(shape.pattern))
  const constant = `${lowerFirst(word)}Shape`
  const leaving = moves.filter(
    ({ from, what }) => what !== 'documents' && [shape.pattern, ...shape.formerly].includes(from),
  )
  const fields = renderFields(knownFields(shape.steps, leaving), '  ')
  return [
    ...shape.unread.map((words) => `// Not read: ${words.replace(/\s+/g, ' ')}.`),
    `/** What the migrations tell of documents of ${worded(shape.pattern)}, in their newest shape. */`,
    fields.length === 0 ? `export type ${word} = object` : `export interface ${word} {`,
    ...(fields.length === 0 ? [] : [...fields, '}']),
    '',
    `export const ${constant}: Shape = {`,
    `  pattern: ${renderLiteral(shape.pattern)},`,
    ...(shape.formerly.length === 0 ? [] : [`  formerly: ${renderLiteral(shape.formerly)},`]),
    shape.steps.length === 0 ? '  steps: [],' : '  steps: [',
    ...shape.steps.map((step) => `    ${renderLiteral(step)},`),
    ...(shape.steps.length === 0 ? [] : ['  ],']),
    '}',
    '',
    ...renderFactory(shape, word, constant),
    ...renderPaths(shape, word, moveNames),
  ]
}

function renderFactory(shape: ClientShape, word: string, constant: string): readonly string[] {
  const functions = renderFunctions(shape.steps)
  const options = functions.length === 0 ? 'options?: ConverterOptions' : `options: ${word}Options`
  return [
    ...(functions.length === 0
      ? []
      : [
          `/** Functions of the migrations that reading and writing ${word} need. */`,
          `export interface ${word}Options extends ConverterOptions {`,
          '  readonly functions: {',
          ...functions.map((line) => `    ${line}`),
          '  }',
          '}',
          '',
        ]),
    `/** Reads ${worded(shape.pattern)} in every shape, and writes those that the phases ask for. */`,
    `export function create${word}Converter<Rest extends object = Record<string, unknown>>(`,
    '  phases: Phases,',
    '  sdk: Sdk,',
    `  ${options},`,
    `): ShapeConverter<${word} & Rest> {`,
    `  return createConverter<${word} & Rest>(${constant}, phases, sdk, options)`,
    '}',
    '',
  ]
}

function renderFunctions(steps: readonly ShapeStep[]): readonly string[] {
  const groups = { defaults: [] as string[], conversions: [] as string[], transforms: [] as string[] }
  for (const step of steps) {
    if (!('given' in step) || step.given === undefined) continue
    const name = propertyName(step.given)
    if (step.change === 'add') groups.defaults.push(`readonly ${name}: DefaultFunction`)
    if (step.change === 'transform') groups.transforms.push(`readonly ${name}: TransformFunctions`)
    if (step.change !== 'convert') continue
    const { from, to } = step.conversion
    groups.conversions.push(`readonly ${name}: ConversionFunctions<'${from}', '${to}'>`)
  }
  return Object.entries(groups).flatMap(([group, members]) =>
    members.length === 0 ? [] : [`readonly ${group}: {`, ...members.map((line) => `  ${line}`), '}'],
  )
}

/** Only of collections that were renamed. */
function renderPaths(
  { pattern, moves }: ClientShape,
  word: string,
  moveNames: ReadonlyMap<Move, string>,
): readonly string[] {
  if (moves.length === 0) return []
  const list = `[${moves.map((move) => moveNames.get(move) ?? '').join(', ')}]`
  return [
    `/** Names of a document of ${worded(pattern)} to read, in this order, and those to write in one batch. */`,
    `export function ${lowerFirst(word)}Paths(phases: Phases, name: string): ReturnType<typeof bothPaths> {`,
    `  return bothPaths(${list}, phases, name)`,
    '}',
    '',
    `/** The collection to query now for documents of ${worded(pattern)}. */`,
    `export function ${lowerFirst(word)}Collection(phases: Phases, collection: string): string {`,
    `  return collectionPath(${list}, phases, collection)`,
    '}',
    '',
  ]
}
