import type { Conversion } from './conversion.ts'
import { createConversion } from './conversion.ts'

/** The database whose references are written as relative paths. */
export interface HomeDatabase {
  readonly project: string
  readonly database: string
}

/**
 * reference ↔ string. A document of the home database is its relative path ('Users/abc'), any other its full name, so
 * that nothing is lost; neither can be taken for the other, since one has an even number of segments and the other an
 * odd one. A leading slash and the full name of a home document are another formatting; what names no document is
 * unparsable.
 */
export function referenceToString({ project, database }: HomeDatabase): Conversion {
  const home = `projects/${project}/databases/${database}/documents/`
  return createConversion(
    {
      from: 'reference',
      otherwise: 'formatting',
      convert: (value) => {
        const name = 'referenceValue' in value ? value.referenceValue : ''
        return { value: { stringValue: name.startsWith(home) ? name.slice(home.length) : name } }
      },
    },
    {
      from: 'string',
      otherwise: 'formatting',
      convert: (value) => {
        const name = nameOf('stringValue' in value ? value.stringValue : '', home)
        return name === undefined ? { loss: 'unparsable', value: undefined } : { value: { referenceValue: name } }
      },
    },
  )
}

function nameOf(text: string, home: string): string | undefined {
  if (isDocumentPath(/^projects\/[^/]+\/databases\/[^/]+\/documents\/(.*)$/s.exec(text)?.[1])) return text
  const path = text.replace(/^\//, '')
  return isDocumentPath(path) ? home + path : undefined
}

/** Collection and id by turns, each one that Firestore takes; ids of numbers (`__id7__`) are among them. */
function isDocumentPath(path: string | undefined): boolean {
  const segments = path?.split('/') ?? []
  const refused = /^(?:|\.|\.\.|__(?!id-?\d+__$).*__)$/s
  return segments.length > 0 && segments.length % 2 === 0 && !segments.some((segment) => refused.test(segment))
}
