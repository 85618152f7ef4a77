import { execFileSync } from 'node:child_process'

const packages: Readonly<Record<string, string>> = {
  fireway: 'fireway@1.1.0',
  firewalk: 'firewalk@1.0.0',
  ai: 'ai@6.0.324',
  '@ai-sdk/openai': '@ai-sdk/openai@3.0.141',
  zod: 'zod@4.6.7',
}

/**
 * Installs the peers that are packages into a folder of the run, and returns the tools that can take part; says why
 * another cannot. Their own peers are left out: they take the client that they are given.
 */
export function installPeers<Tool extends string>(folder: string, tools: readonly Tool[]): readonly Tool[] {
  return tools.filter((tool) => {
    const wanted = packages[tool]
    const problem = wanted === undefined ? undefined : install(folder, wanted)
    if (problem !== undefined) console.log(`${tool} is left out, it could not be installed: ${problem}`)
    return problem === undefined
  })
}

function install(folder: string, wanted: string): string | undefined {
  const args = ['install', '--prefix', folder, '--legacy-peer-deps', '--no-audit', '--no-fund', wanted]
  try {
    execFileSync('npm', args, { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  }
}
