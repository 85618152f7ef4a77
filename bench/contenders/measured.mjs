// @ts-check

/** @typedef {{ seconds: number, cpu: number, megabytes: number, parts?: Record<string, number> }} Measurement */

/** @template T @returns {T} what the benchmark asks of this process */
export function readTask() {
  return JSON.parse(process.argv[2] ?? '{}')
}

/**
 * Runs the work and prints what it took as the last line of standard output: wall and CPU seconds of the work alone,
 * peak resident memory of the whole process.
 * @param {() => Promise<Record<string, number> | void>} work may return the seconds of its parts
 */
export async function measure(work) {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const parts = await work()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const megabytes = process.resourceUsage().maxRSS / 1024
  process.stdout.write(
    `\n${JSON.stringify({ seconds, cpu: (user + system) / 1e6, megabytes, ...(parts && { parts }) })}\n`,
  )
}
