import type { OperationCase } from '../../operation-case.ts'
import { convertFieldStep } from './convert-field.ts'

const toEuros = {
  up: (cents: number | bigint) => Number(cents) / 100,
  down: (euros: number) => Math.round(euros * 100),
}

const byType: OperationCase = {
  name: 'cents to euros in place, told by their type',
  steps: [convertFieldStep('Users/{uid}', 'balance', { from: 'int', to: 'double', ...toEuros })],
  before: {
    documents: { 'Users/a': { balance: 1999 }, 'Users/b': { balance: -5 }, 'Users/c': { balance: 1_234_567_89 } },
    sql: [],
  },
  after: {
    documents: { 'Users/a': { balance: 19.99 }, 'Users/b': { balance: -0.05 }, 'Users/c': { balance: 1_234_567.89 } },
    queries: [],
  },
  others: {
    documents: { 'Users/a': { balance: 25.5 }, 'Users/b': { balance: 600 }, 'Users/d': { balance: 0.01 } },
    sql: [],
    afterDown: {
      documents: {
        'Users/a': { balance: 2550 },
        'Users/b': { balance: 600 },
        'Users/c': { balance: 1_234_567_89 },
        'Users/d': { balance: 1 },
      },
      queries: [],
    },
  },
}

const wholeEuros = {
  from: 'int',
  to: 'int',
  up: (cents: number | bigint) => Number(cents) / 100,
  down: (euros: number | bigint) => BigInt(euros) * 100n,
  accept: { truncation: 'keep' },
} as const

const byMarker: OperationCase = {
  name: 'whole cents to whole euros in place, told by a marker',
  steps: [convertFieldStep('Users/{uid}', 'plan.price', { ...wholeEuros, marker: { field: 'shape', value: 2 } })],
  before: {
    documents: {
      'Users/a': { plan: { price: 10_000 } },
      'Users/b': { plan: { price: 100 }, shape: 1 },
      'Users/c': { plan: { price: 1_999 } },
      'Users/d': { plan: { price: 0 } },
      'Users/e': { plan: 'none' },
      'Users/f': { plan: { price: null } },
    },
    sql: [],
  },
  after: {
    documents: {
      'Users/a': { plan: { price: 100 }, shape: 2 },
      'Users/b': { plan: { price: 1 }, shape: 2 },
      'Users/c': { plan: { price: 19 }, shape: 2 },
      'Users/d': { plan: { price: 0 }, shape: 2 },
      'Users/e': { plan: 'none' },
      'Users/f': { plan: { price: null } },
    },
    queries: [],
  },
  others: {
    documents: {
      // Written anew by an old client, changed by a new one, born in the new shape.
      'Users/a': { plan: { price: 20_000 } },
      'Users/b': { plan: { price: 3 }, shape: 2 },
      'Users/g': { plan: { price: 7 }, shape: 2 },
    },
    sql: [],
    afterDown: {
      documents: {
        'Users/a': { plan: { price: 20_000 } },
        'Users/b': { plan: { price: 300 } },
        'Users/c': { plan: { price: 1_999 } },
        'Users/d': { plan: { price: 0 } },
        'Users/e': { plan: 'none' },
        'Users/f': { plan: { price: null } },
        'Users/g': { plan: { price: 700 } },
      },
      queries: [],
    },
  },
}

const besideField: OperationCase = {
  name: 'whole cents to whole euros beside',
  steps: [convertFieldStep('Users/{uid}', 'cents', { ...wholeEuros, strategy: 'beside', as: 'euros' })],
  before: {
    documents: { 'Users/a': { cents: 10_000 }, 'Users/b': { cents: 1_999 }, 'Users/c': { cents: 100 }, 'Users/d': {} },
    sql: [],
  },
  after: {
    documents: {
      'Users/a': { cents: 10_000, euros: 100 },
      'Users/b': { cents: 1_999, euros: 19 },
      'Users/c': { cents: 100, euros: 1 },
      'Users/d': {},
    },
    queries: [],
  },
  completed: { 'Users/a': { euros: 100 }, 'Users/b': { euros: 19 }, 'Users/c': { euros: 1 }, 'Users/d': {} },
  others: {
    documents: {
      'Users/a': { cents: 20_000, euros: 100 },
      'Users/b': { cents: 1_999, euros: 20 },
      'Users/c': { cents: 500, euros: 5 },
      'Users/e': { euros: 6 },
    },
    sql: [],
    afterDown: {
      documents: {
        'Users/a': { cents: 20_000 },
        'Users/b': { cents: 2_000 },
        'Users/c': { cents: 500 },
        'Users/d': {},
        'Users/e': { cents: 600 },
      },
      queries: [],
    },
  },
}

const besideInLists: OperationCase = {
  name: 'cents to euros beside, in every member of a list',
  steps: [convertFieldStep('Users/{uid}', 'items[].cents', { ...wholeEuros, strategy: 'beside', as: 'items[].euros' })],
  before: {
    documents: { 'Users/a': { items: [{ cents: 100 }, 'text'] }, 'Users/b': { items: [{ cents: 1_999 }] } },
    sql: [],
  },
  after: {
    documents: {
      'Users/a': { items: [{ cents: 100, euros: 1 }, 'text'] },
      'Users/b': { items: [{ cents: 1_999, euros: 19 }] },
    },
    queries: [],
  },
  completed: { 'Users/a': { items: [{ euros: 1 }, 'text'] }, 'Users/b': { items: [{ euros: 19 }] } },
  others: {
    documents: { 'Users/a': { items: [{ euros: 7 }, { cents: 100, euros: 1 }, { cents: 300 }] } },
    sql: [],
    afterDown: {
      documents: {
        'Users/a': { items: [{ cents: 700 }, { cents: 100 }, { cents: 300 }] },
        'Users/b': { items: [{ cents: 1_999 }] },
      },
      queries: [],
    },
  },
}

/** Cents to euros, which is another thing when it is done twice: told by type, marker and field. */
export const moneyCases: readonly OperationCase[] = [byType, byMarker, besideField, besideInLists]
