import { readFileSync } from 'node:fs'

/** Where the files are that are no code: src/ of the sources, dist/ of the package. Both are in the package's folder. */
export const ownFolder = new URL('.', import.meta.url)

/** The folder of the package. */
export const packageFolder = new URL('..', import.meta.url)

const { version: own } = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as {
  version: string
}

/** The version in this package's package.json. */
export const version: string = own
