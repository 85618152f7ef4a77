import { createJiti } from 'jiti'

const { simulateCommand } = await createJiti(import.meta.url).import('../app/command.ts')
try {
  process.exitCode = await simulateCommand(process.argv.slice(2), process.env)
} catch (error) {
  process.stderr.write(`simulate: ${error.message}\n`)
  process.exitCode = error.exit ?? 1
}
if (process.connected) process.disconnect()
