import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseConnectionUrl } from './connection-url.ts'

it('reads every part, unescaped', () => {
  expect(
    parseConnectionUrl('postgresql://an%40a:p%2Fw%25@db.example:6000/my%20db?sslmode=disable&options=-c%20a%3Db'),
  ).toEqual({
    host: 'db.example',
    port: 6000,
    database: 'my db',
    user: 'an@a',
    password: 'p/w%',
    ssl: false,
    options: '-c a=b',
  })
})

it.each([
  ['postgres://u@127.0.0.1/d', false],
  ['postgres://u@localhost/d', false],
  ['postgres://u@[::1]/d?sslmode=prefer', false],
  ['postgres://u@/d?host=/var/run/postgresql', false],
  ['postgres://u@db.example/d', { rejectUnauthorized: true }],
  ['postgres://u@db.example/d?sslmode=prefer', { rejectUnauthorized: true }],
  ['postgres://u@db.example/d?sslmode=require', { rejectUnauthorized: true }],
  ['postgres://u@127.0.0.1.example/d', { rejectUnauthorized: true }],
  ['postgres://u@localhost/d?sslmode=verify-full', { rejectUnauthorized: true }],
  ['postgres://u@localhost/d?sslmode=no-verify', { rejectUnauthorized: false }],
  ['postgres://u@db.example/d?sslmode=disable', false],
])('%s decides on TLS', (url, ssl) => expect(parseConnectionUrl(url).ssl).toEqual(ssl))

it('verifies the chain but not the name for verify-ca, with the given authority', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-ca-'))
  writeFileSync(join(folder, 'ca.pem'), 'PEM')
  const { ssl } = parseConnectionUrl(
    `postgres://u@db.example/d?sslmode=verify-ca&sslrootcert=${join(folder, 'ca.pem')}`,
  )
  expect(ssl).toMatchObject({ rejectUnauthorized: true, ca: 'PEM', checkServerIdentity: expect.any(Function) })
  rmSync(folder, { recursive: true })
})

it.each([
  'db.example/d',
  'mysql://u:sekret@db.example/d',
  'postgres://u:sekret@db.example:99999/d',
  'postgres://u:sekret%zz@db.example/d',
  'postgres://u:sekret@db.example/d?sslmode=maybe',
  'postgres://u:sekret@db.example/d?sslmode=no-verify',
  'postgres://u:sekret@db.example/d?sslrootcert=/no/such/file',
])('refuses %s without showing the password', (url) => {
  expect(() => parseConnectionUrl(url)).toThrow(expect.objectContaining({ code: 'LS-1007' }))
  expect(() => parseConnectionUrl(url)).not.toThrow(/sekret/)
})
