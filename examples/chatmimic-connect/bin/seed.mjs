// @ts-check
import { createJiti } from 'jiti'

/** @type {typeof import('../seed/command.ts')} */
const { seedCommand } = await createJiti(import.meta.url).import('../seed/command.ts')
process.exitCode = await seedCommand(process.argv.slice(2), process.env)
