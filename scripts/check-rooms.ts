import { roomProblems } from './rooms.ts'

const problems = roomProblems(process.cwd())
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
