import { styleText } from 'node:util'
import { plainPaint } from '../report/paint.ts'
import type { Paint } from '../report/paint.ts'
import type { OutputStream } from './world.ts'

/** Flag over NO_COLOR over FORCE_COLOR over what the stream is; a dumb terminal gets none. */
export function isColoured(stream: OutputStream, flag: boolean, env: NodeJS.ProcessEnv): boolean {
  if (!flag) return false
  if (isSet(env['NO_COLOR'])) return false
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ''

type Style = Parameters<typeof styleText>[0]

function style(name: Style): (text: string) => string {
  return (text) => (text === '' ? '' : styleText(name, text, { validateStream: false }))
}

const colours: Paint = Object.freeze({
  bold: style('bold'),
  dim: style('dim'),
  red: style('red'),
  green: style('green'),
  yellow: style('yellow'),
  cyan: style('cyan'),
})

export function createPaint(coloured: boolean): Paint {
  return coloured ? colours : plainPaint
}
