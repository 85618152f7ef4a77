import { InvalidArgumentError, Option } from 'commander'
import type { Cli, Format } from './cli.ts'
import { twinOf } from './environment-twins.ts'

/** What a verb does with the arguments and options it was given; a number is the exit code, 0 otherwise. */
export type Act = (cli: Cli, operands: readonly (string | undefined)[], options: Options) => Promise<number | void>

/** The values of a verb's options by their attribute names, parsed by the options themselves. */
export interface Options {
  readonly [attribute: string]: unknown
}

/** One command: its help, its page and its parser come from here. */
export interface Verb {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly examples: readonly string[]
  readonly formats: readonly Format[]
  readonly operands: readonly (readonly [syntax: string, description: string])[]
  readonly options: readonly Option[]
  readonly act: Act
}

/** An option whose help names the variable that stands for it. */
export function described(flags: string, description: string): Option {
  const option = new Option(flags)
  const twin = twinOf(option.attributeName())
  option.description = twin === undefined ? description : `${description} (or ${twin})`
  return option
}

/** Every value of an option that may be given more than once. */
export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

/** An amount of dollars, as an option's value. */
export function dollars(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new InvalidArgumentError('It must be an amount of dollars, as in 12.50.')
}

/** A whole number of at least `least`, as an option's value. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (Number.isInteger(number) && number >= least) return number
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`)
  }
}
