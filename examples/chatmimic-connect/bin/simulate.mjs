// @ts-check
import { createJiti } from 'jiti'

/** @type {typeof import('../app/command.ts')} */
const { simulateCommand } = await createJiti(import.meta.url).import('../app/command.ts')
process.exitCode = await simulateCommand(process.argv.slice(2), process.env)
if (process.connected) process.disconnect()
