import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { locateIndexFile, printIndexFile } from './index-file.ts'

describe('locateIndexFile', () => {
  let top: string
  let root: string
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'lockstep-index-file-'))
    root = join(top, 'app')
    mkdirSync(root)
    mkdirSync(join(top, '.git'))
  })
  afterEach(() => rmSync(top, { recursive: true }))

  const located = (setting?: string, database = '(default)'): string =>
    printIndexFile(root, locateIndexFile({ root, setting, database }))

  it('is firestore.indexes.json beside the configuration', () => {
    expect(located()).toBe('firestore.indexes.json')
  })

  it('is what firebase.json says, comments and all, from its own folder', () => {
    writeFileSync(join(top, 'firebase.json'), '\uFEFF{ // ours\n "firestore": { "indexes": "db/indexes.json" } }')
    expect(located()).toBe('../db/indexes.json')
    expect(located(undefined, 'other')).toBe('firestore.indexes.json')
    writeFileSync(join(root, 'firebase.json'), '{ "hosting": {} }')
    expect(located()).toBe('firestore.indexes.json')
  })

  it('is that of the database, where there are several', () => {
    const settings = [
      { target: 'x', rules: 'r' },
      { database: 'other', indexes: 'other.json' },
      { database: '(default)', indexes: 'default.json' },
    ]
    writeFileSync(join(root, 'firebase.json'), JSON.stringify({ firestore: settings }))
    expect(located()).toBe('default.json')
    expect(located(undefined, 'other')).toBe('other.json')
  })

  it('is the configured one before all', () => {
    writeFileSync(join(root, 'firebase.json'), '{ "firestore": { "indexes": "a.json" } }')
    expect(located('deploy/b.json')).toBe('deploy/b.json')
  })

  it('is not looked for above the git root', () => {
    mkdirSync(join(root, '.git'))
    writeFileSync(join(top, 'firebase.json'), '{ "firestore": { "indexes": "a.json" } }')
    expect(located()).toBe('firestore.indexes.json')
  })
})
