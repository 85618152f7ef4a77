import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^@electric-sql\/pglite$/,
        replacement: fileURLToPath(new URL('test/stores/quick-pglite.ts', import.meta.url)),
      },
      { find: /^lockstep$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
      { find: /^lockstep\/client$/, replacement: fileURLToPath(new URL('src/client/client.ts', import.meta.url)) },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    // What was built is run as it is.
    server: { deps: { external: [/\/dist\/[^/]+\.js$/] } },
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One more than the cores of the smallest machine: many tests wait for processes, locks and clocks.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
})
