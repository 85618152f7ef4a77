import { createLogUpdate } from 'log-update'
import type { Progress, RunEvent } from '../ledger/events.ts'
import { eventText } from '../report/event-text.ts'
import type { EventText } from '../report/event-text.ts'
import { printCount, printRange } from '../report/figures.ts'
import type { Screen } from '../report/paint.ts'
import { columns, hang } from '../report/text-layout.ts'
import type { Cli } from './cli.ts'
import { createEstimator } from './estimate.ts'
import type { Estimate, Estimator } from './estimate.ts'

/** Shows people on stderr how one migration comes along. */
export interface Display {
  event(event: RunEvent): void
  progress(progress: Progress): void
  close(): void
}

export interface Shown {
  readonly migration: string
  /** The kinds of the steps, in order. */
  readonly kinds: readonly string[]
}

interface Watched {
  readonly phase: Progress['phase']
  readonly steps: readonly (Progress['steps'][number] & { readonly estimate: Estimate })[]
}

/** A block that is rewritten in place on a terminal, lines now and then elsewhere, nothing but trouble when quiet. */
export function createDisplay(cli: Cli, shown: Shown): Display {
  if (cli.quiet) return quietDisplay(cli)
  return cli.world.stderr.isTTY === true && cli.world.env['TERM'] !== 'dumb'
    ? liveDisplay(cli, shown)
    : sparseDisplay(cli, shown)
}

function quietDisplay(cli: Cli): Display {
  return {
    event(event) {
      const text = eventText(event)
      if (text !== undefined && text.weight !== 'note') cli.warn(printEvent(text, cli.talk))
    },
    progress: () => undefined,
    close: () => undefined,
  }
}

function printEvent({ weight, text }: EventText, { width, paint }: Screen): string {
  const mark = { note: ' ', warning: '!', problem: 'x' }[weight]
  const colour = { note: paint.dim, warning: paint.yellow, problem: paint.red }[weight]
  const [first = '', ...rest] = hang(`${mark} `, text, width)
  return [colour(mark) + first.slice(1), ...rest].join('\n')
}

/** Seconds after the start of a phase at which a line is due; later ones each minute, or at every twentieth. */
const dueAt = [1, 5, 15, 30] as const

function sparseDisplay(cli: Cli, shown: Shown): Display {
  const { clock } = cli.world
  const watch = createWatch(cli)
  const started = clock.now()
  let told = { seconds: 0, percent: 0 }
  return {
    event(event) {
      const text = eventText(event)
      if (text !== undefined)
        cli.say(
          `[${printElapsed(clock.now() - started)}] ${printEvent(text, { ...cli.talk, width: Infinity }).trimStart()}`,
        )
      if (event.type === 'phase-started') told = { seconds: 0, percent: 0 }
    },
    progress(progress) {
      const watched = watch(progress)
      const seconds = watched.seconds
      const percent = Math.min(...watched.steps.map((step) => step.estimate.percent))
      const reached = dueAt.findLast((at) => seconds >= at) ?? 0
      const minutes = seconds > 30 && seconds - told.seconds >= 60
      if (!(told.seconds < reached || minutes || (seconds > 30 && percent - told.percent >= 5))) return
      told = { seconds, percent }
      for (const line of stepLines(watched, shown))
        cli.say(`[${printElapsed(clock.now() - started)}] ${progress.phase} ${line.trim()}`)
    },
    close: () => undefined,
  }
}

function liveDisplay(cli: Cli, shown: Shown): Display {
  const { talk, world } = cli
  const block = createLogUpdate(world.stderr, { showCursor: true })
  const watch = createWatch(cli)
  const started = world.clock.now()
  let now: Watched | undefined
  let phase = ''
  const draw = (): void => {
    const elapsed = printElapsed(world.clock.now() - started)
    const lines = now === undefined || now.phase !== phase ? [] : stepLines(now, shown)
    block.clear()
    block(
      [
        `${talk.paint.bold(phase.toUpperCase() || 'STARTING')}  ${shown.migration}  ${elapsed}`,
        ...lines,
        talk.paint.dim('  Ctrl-C pauses after the current page'),
      ].join('\n'),
    )
  }
  const timer = setInterval(draw, 500)
  timer.unref()
  draw()
  return {
    event(event) {
      if (event.type === 'phase-started') phase = event.phase
      const text = eventText(event)
      if (text === undefined) return
      block.clear()
      cli.warn(printEvent(text, talk))
      draw()
    },
    progress(progress) {
      now = watch(progress)
      phase = progress.phase
      draw()
    },
    close() {
      clearInterval(timer)
      block.clear()
      block.done()
    },
  }
}

/** Adds to each progress message what its pace lets one expect; starts anew with each phase. */
function createWatch(cli: Cli): (progress: Progress) => Watched & { readonly seconds: number } {
  let phase: string | undefined
  let began = cli.world.clock.now()
  let estimators = new Map<number, Estimator>()
  return (progress) => {
    if (progress.phase !== phase) {
      phase = progress.phase
      began = cli.world.clock.now()
      estimators = new Map()
    }
    const seconds = (cli.world.clock.now() - began) / 1000
    const steps = progress.steps.map((step) => {
      const estimator = estimators.get(step.step) ?? createEstimator()
      estimators.set(step.step, estimator)
      return { ...step, estimate: estimator.update(step.done, step.expected, seconds) }
    })
    return { phase: progress.phase, steps, seconds }
  }
}

function stepLines({ steps }: Watched, { kinds }: Shown): readonly string[] {
  const rows = steps.map(({ step, done, expected, estimate }) => [
    `  ${step + 1} ${kinds[step] ?? ''}`,
    `${printCount(done)}/${printCount(expected)}`,
    `${estimate.percent} %`,
    estimate.rate === undefined || estimate.percent === 100 ? '' : `${printCount(estimate.rate)}/s`,
    estimate.left === undefined ? '' : `${printRange(estimate.left)} left`,
  ])
  return columns(rows)
}

/** `0:42`, `1:02:03` */
export function printElapsed(milliseconds: number): string {
  const seconds = Math.max(Math.floor(milliseconds / 1000), 0)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return (parts[0] === 0 ? parts.slice(1) : parts)
    .map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':')
}
