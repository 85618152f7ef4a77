import type { Interview } from '../firestore-answers.ts'
import { double, integer, list, map, nothing, put, text } from '../firestore-calls.ts'
import type { FieldsMessage, TransformMessage, ValueMessage } from '../firestore-calls.ts'

/** What an update mask keeps, sets and removes. */
export async function askAboutMasks({ ask, calls }: Interview): Promise<void> {
  const update = (what: string, base: FieldsMessage, fields: FieldsMessage, fieldPaths: string[]) =>
    ask(what, async () => {
      await calls.commit([put(calls, 'm/1', base)])
      await calls.commit([put(calls, 'm/1', fields, { updateMask: { fieldPaths } })])
      return calls.get(['m/1'])
    })
  const nested = { a: map({ b: integer(1), c: integer(1) }) }
  await update('sets only what is named', { a: integer(1) }, { b: integer(2), c: integer(3) }, ['b'])
  await update('below what is no map', { a: integer(1) }, { a: map({ b: integer(2) }) }, ['a.b'])
  await update('removes below', nested, {}, ['a.b'])
  await update('removes the last below', { a: map({ b: integer(1) }) }, {}, ['a.b'])
  await update('removes below what is absent', { z: integer(1) }, {}, ['a.b'])
  await update('removes below what is no map', { a: integer(1) }, {}, ['a.b'])
  await update('parent and child', nested, { a: map({ b: integer(2) }) }, ['a', 'a.b'])
  await update('child and parent', nested, { a: map({ b: integer(2) }) }, ['a.b', 'a'])
  await update('one path twice', { a: integer(1) }, { b: integer(2) }, ['b', 'b'])
  await update('the body has no map', nested, { a: integer(3) }, ['a.b'])
  await update('quoted', { a: integer(1) }, { 'x.y': integer(2), 'b`q': integer(4), 'b\\q': integer(5) }, [
    '`x.y`',
    '`b\\`q`',
    '`b\\\\q`',
  ])
  for (const path of [
    '',
    'a.',
    '.a',
    'a..b',
    '1a',
    'a b',
    '`a',
    'a`b`',
    '__name__',
    '__x__',
    '`a`.b',
    'a-b',
    'é',
    'constructor',
  ]) {
    await update(`path ${JSON.stringify(path)}`, { a: integer(1) }, {}, [path])
  }
  await ask('creates what is named', () =>
    calls.commit([put(calls, 'm/2', { a: integer(1), b: integer(2) }, { updateMask: { fieldPaths: ['a'] } })]),
  )
  await ask('creates with nothing named', () =>
    calls.commit([put(calls, 'm/3', { a: integer(1) }, { updateMask: { fieldPaths: [] } })]),
  )
  await ask('created', () => calls.get(['m/2', 'm/3']))
  await ask('read masked', () => calls.get(['m/2'], { mask: { fieldPaths: ['b', 'a'] } }))
  await ask('read nothing', () => calls.get(['m/2'], { mask: { fieldPaths: [] } }))
  await ask('read with a wrong path', () => calls.get(['m/2'], { mask: { fieldPaths: ['a..b'] } }))
}

const largest = '9223372036854775807'

/** Changes the server computes. */
export async function askAboutTransforms({ ask, calls }: Interview): Promise<void> {
  let document = 0
  const transform = (what: string, base: FieldsMessage | undefined, ...updateTransforms: TransformMessage[]) =>
    ask(what, async () => {
      const path = `t/${++document}`
      if (base) await calls.commit([put(calls, path, base)])
      const answer = await calls.commit([put(calls, path, {}, { updateMask: { fieldPaths: [] }, updateTransforms })])
      return { answer, stored: await calls.get([path]) }
    })
  await transform(
    'time',
    undefined,
    { fieldPath: 'x', setToServerValue: 'REQUEST_TIME' },
    { fieldPath: 'y.z', setToServerValue: 'REQUEST_TIME' },
  )
  await transform('increment of nothing', undefined, { fieldPath: 'x', increment: integer(1) })
  await transform(
    'increments in a row',
    { x: integer(1) },
    { fieldPath: 'x', increment: double(1.5) },
    { fieldPath: 'x', increment: integer(1) },
  )
  await transform('increment beyond', { x: integer(largest) }, { fieldPath: 'x', increment: integer(1) })
  await transform('increment below', { x: integer('-9223372036854775808') }, { fieldPath: 'x', increment: integer(-1) })
  await transform('increment by text', { x: integer(1) }, { fieldPath: 'x', increment: text('a') })
  await transform('increment of text', { x: text('a') }, { fieldPath: 'x', increment: integer(2) })
  const cases: readonly [ValueMessage, ValueMessage][] = [
    [integer(3), double(3)],
    [double(3.5), integer(4)],
    [integer(1), double(Number.NaN)],
    [text('x'), integer(1)],
    [integer(0), double(-0)],
    [double(Number.NaN), integer(1)],
    [integer(largest), double(2 ** 63)],
  ]
  for (const [at, [stored, operand]] of cases.entries()) {
    await transform(`maximum ${at}`, { x: stored }, { fieldPath: 'x', maximum: operand })
    await transform(`minimum ${at}`, { x: stored }, { fieldPath: 'x', minimum: operand })
  }
  const several = { values: [integer(1), double(1), double(Number.NaN), text('z'), text('z'), nothing] }
  await transform(
    'union',
    { x: list(double(1), double(Number.NaN)) },
    { fieldPath: 'x', appendMissingElements: several },
  )
  await transform('union of no array', { x: text('q') }, { fieldPath: 'x', appendMissingElements: several })
  await transform(
    'remove',
    { x: list(integer(1), nothing, integer(2), double(1)) },
    { fieldPath: 'x', removeAllFromArray: several },
  )
  await transform('remove of no array', { x: text('q') }, { fieldPath: 'x', removeAllFromArray: several })
  await transform('no operation', {}, { fieldPath: 'x' })
  await ask('after the update', () =>
    calls.commit([
      put(calls, 't/99', { x: integer(5) }, { updateTransforms: [{ fieldPath: 'x', increment: integer(1) }] }),
    ]),
  )
  await ask('alone', () =>
    calls.commit([
      { transform: { document: calls.name('t/98'), fieldTransforms: [{ fieldPath: 'x', increment: integer(1) }] } },
    ]),
  )
  await ask('alone and after', () => calls.get(['t/98', 't/99']))
}
