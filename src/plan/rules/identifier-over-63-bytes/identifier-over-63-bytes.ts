import { defineSqlRule } from '../sql-rule.ts'

export const identifierOver63Bytes = defineSqlRule({
  name: 'identifier-over-63-bytes',
  summary: 'A name has at most 63 bytes',
  severity: 'error',
  why: 'Postgres cuts the rest off without an error, so that two long names become one',
  fix: 'shorten it: a hash and a short tag instead of a long ending',
  script: ({ tokens }) =>
    tokens.flatMap(({ kind, text, start }) => {
      const name = text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text
      const bytes = Buffer.byteLength(name)
      return kind !== 'identifier' || bytes <= 63 ? [] : [{ message: `${name} has ${bytes} bytes`, index: start }]
    }),
})
