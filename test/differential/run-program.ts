import { FieldValue } from '@google-cloud/firestore'
import type { DocumentSnapshot, Firestore, QuerySnapshot, Timestamp } from '@google-cloud/firestore'
import { createAnswers } from './answers.ts'
import type { Answers } from './answers.ts'
import { applyEdit, createPlace, preconditionsOf } from './edits.ts'
import type { Place } from './edits.ts'
import { hearQuestion } from './hearing.ts'
import type { Edit, Program, Question, Step } from './program.ts'
import { counts, queryOf, totals } from './questions.ts'

/** What a server answers to each step of a program, and what those who listened heard in the end. */
export interface Outcome {
  readonly steps: readonly unknown[]
  readonly heard: readonly unknown[]
}

/** Runs a program on one server; `name` must be new to it. */
export async function runProgram(firestore: Firestore, name: string, program: Program): Promise<Outcome> {
  const place = createPlace(firestore, name)
  const answers = createAnswers(place.root)
  const steps: unknown[] = []
  const ears = []
  for (const question of program.listen) {
    const query = await queryOf(place, question).catch(answers.refusal)
    ears.push(await hearQuestion(query, answers))
  }
  for (const step of program.steps) {
    const answer = await runStep(place, answers, step).catch(answers.refusal)
    steps.push({ ...step, answer })
    for (const ear of ears) await ear.settled(step.do === 'batch' || step.do === 'transaction')
  }
  return { steps, heard: ears.map((ear) => ear.close()) }
}

async function runStep(place: Place, answers: Answers, step: Step): Promise<unknown> {
  switch (step.do) {
    case 'batch':
      return runBatch(place, answers, step.edits)
    case 'each':
      return runEach(place, answers, step.edits)
    case 'ask':
      return shown(answers, await (await queryOf(place, step.question)).get())
    case 'total':
      return runTotal(place, answers, step.question)
    case 'earlier':
      return runEarlier(place, answers, step.question)
    case 'read': {
      const fieldMask = step.mask?.map((path) => path.join('.').replace('x.y', '`x.y`'))
      const refs = step.at.map(place.doc)
      return (await place.firestore.getAll(...refs, fieldMask ? { fieldMask } : {})).map(answers.document)
    }
    case 'transaction':
      return runTransaction(place, answers, step)
    case 'contend':
      return contend(place, answers, step)
    case 'list': {
      const ref = place.doc(step.at)
      const documents = await ref.parent.listDocuments()
      const collections = await ref.listCollections()
      return [documents.map(({ id }) => id), collections.map(({ id }) => id)]
    }
  }
}

const shown = (answers: Answers, { docs }: QuerySnapshot): unknown => docs.map(answers.document)

async function runBatch(place: Place, answers: Answers, edits: readonly Edit[]): Promise<unknown> {
  const when = await preconditionsOf(place, edits)
  const batch = place.firestore.batch()
  for (const [at, edit] of edits.entries()) applyEdit(place, batch, edit, when[at] ?? {})
  const results = await batch.commit()
  return sameTimes(results.map(({ writeTime }) => writeTime))
}

/** Which of the times are equal. */
const sameTimes = (times: readonly Timestamp[]): unknown =>
  times.map((time) => times.findIndex((other) => other.isEqual(time)))

async function runEach(place: Place, answers: Answers, edits: readonly Edit[]): Promise<unknown> {
  const when = await preconditionsOf(place, edits)
  const writer = place.firestore.bulkWriter({ throttling: false })
  writer.onWriteError(() => false)
  const results = edits.map(async (edit, at) => {
    try {
      await applyEdit(place, writer, edit, when[at] ?? {})
      return 'done'
    } catch (error) {
      return answers.refusal(error)
    }
  })
  await writer.close()
  return Promise.all(results)
}

async function runTotal(place: Place, answers: Answers, question: Question): Promise<unknown> {
  const query = await queryOf(place, question)
  const count = await query.aggregate(counts).get()
  return [answers.value(count.data()), answers.value((await query.aggregate(totals).get()).data())]
}

/** The same question now and, after a change, at the time of the first answer. */
async function runEarlier(place: Place, answers: Answers, question: Question): Promise<unknown> {
  const query = await queryOf(place, question)
  const now = await query.get()
  await place.doc(0).set({ a: 'later' })
  await place.doc(1).delete()
  const then = await place.firestore.runTransaction((transaction) => transaction.get(query), {
    readOnly: true,
    readTime: now.readTime,
  })
  return [shown(answers, now), shown(answers, then)]
}

type TransactionStep = Extract<Step, { readonly do: 'transaction' }>

async function runTransaction(place: Place, answers: Answers, step: TransactionStep): Promise<unknown> {
  const when = await preconditionsOf(place, step.edits)
  const options = step.end === 'readOnly' ? ({ readOnly: true } as const) : ({ maxAttempts: 1 } as const)
  return place.firestore.runTransaction(async (transaction) => {
    const read: DocumentSnapshot[] = step.read.length > 0 ? await transaction.getAll(...step.read.map(place.doc)) : []
    const found = step.question && (await transaction.get(await queryOf(place, step.question)))
    if (step.end !== 'readOnly') {
      for (const [at, edit] of step.edits.entries()) applyEdit(place, transaction, edit, when[at] ?? {})
    }
    if (step.end === 'throw') throw new Error('changed its mind')
    return [read.map(answers.document), found && shown(answers, found)]
  }, options)
}

/**
 * What was added in the end. Each contender writes all of the documents, so that they have one time whoever comes last; they are
 * emptied first, so that nothing but numbers is added to.
 */
async function contend(
  { firestore, doc }: Place,
  answers: Answers,
  { on, add }: Extract<Step, { readonly do: 'contend' }>,
): Promise<unknown> {
  const refs = on.map(doc)
  const empty = firestore.batch()
  for (const ref of refs) empty.set(ref, { total: 0n })
  await empty.commit()
  const contenders = add.map(async ({ by, number }) => {
    if (by === 'increment') {
      const batch = firestore.batch()
      for (const ref of refs) batch.update(ref, { total: FieldValue.increment(number) })
      return void (await batch.commit())
    }
    return firestore.runTransaction(
      async (transaction) => {
        for (const read of await transaction.getAll(...refs)) {
          transaction.update(read.ref, { total: BigInt(read.get('total')) + BigInt(number) })
        }
      },
      { maxAttempts: 20 },
    )
  })
  await Promise.all(contenders)
  return (await firestore.getAll(...refs)).map((each) => answers.value(each.data()))
}
