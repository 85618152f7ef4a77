import { rolldown } from 'rolldown'

/** What a browser would load of a file: the text of the bundle, and the modules that it leaves to be imported. */
export interface Bundle {
  readonly code: string
  readonly imports: readonly string[]
}

/** Bundles for a browser; what cannot be bundled stays an import and is named. */
export async function bundleForBrowser(file: string): Promise<Bundle> {
  const build = await rolldown({ input: file, platform: 'browser', logLevel: 'silent' })
  try {
    const { output } = await build.generate({ format: 'esm' })
    return {
      code: output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('\n'),
      imports: output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.imports : [])),
    }
  } finally {
    await build.close()
  }
}
