import { createJiti } from 'jiti'

const { seedCommand } = await createJiti(import.meta.url).import('../seed/command.ts')
try {
  await seedCommand(process.argv.slice(2), process.env)
} catch (error) {
  process.stderr.write(`seed: ${error.message}\n`)
  process.exitCode = error.exit ?? 1
}
