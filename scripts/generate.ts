import { staleFiles, writeGenerated } from './generated.ts'

const checking = process.argv.includes('--check')
const stale = checking ? await staleFiles(process.cwd()) : await writeGenerated(process.cwd())
for (const path of stale) console.error(checking ? `${path} is stale: run npm run generate` : `wrote ${path}`)
if (checking && stale.length > 0) process.exitCode = 1
