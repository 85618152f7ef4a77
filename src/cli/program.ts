import { Command } from 'commander'
import type { Option } from 'commander'
import { version } from '../version.ts'
import { createCli } from './cli.ts'
import type { GlobalOptions } from './cli.ts'
import { applyTwins } from './environment-twins.ts'
import { described } from './verb.ts'
import type { Options, Verb } from './verb.ts'
import { verbs } from './verbs.ts'
import type { World } from './world.ts'

const formatNotes: Readonly<Record<string, string>> = {
  text: 'for people; its wording may change',
  json: 'one document, with a published schema',
  ndjson: 'one event a line, as it happens',
  markdown: 'for comments and pages',
  github: 'annotations of a GitHub workflow',
  sarif: 'SARIF 2.1.0, for code scanning',
}

/** The whole command line. `done` gets the exit code of the verb that ran; parsing throws CommanderError. */
export function createProgram(world: World, argv: readonly string[], done: (code: number) => void): Command {
  const program = new Command('lockstep')
    .description(
      'Changes the shape of live data in Firestore and Postgres together: planned, online, resumable, verified, reversible.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(Math.max(world.stdout.columns ?? 100, 60), 120) })
    .addHelpText(
      'before',
      exampleText(['lockstep init', 'lockstep new chats_know_their_language', 'lockstep plan', 'lockstep up']),
    )
  for (const option of globalOptions()) program.addOption(option)
  for (const verb of verbs) addVerb(program, verb, { world, argv, done })
  return program
}

/** The options that every command has. */
export function globalOptions(): readonly Option[] {
  return [
    described(
      '--config <file>',
      'the configuration file; without it the nearest lockstep.config.ts up to the git root',
    ),
    described('--env <name>', 'the environment of the configuration to work on'),
    described('--cwd <folder>', 'the folder to work in'),
    described(
      '--format <format>',
      'what stdout is to hold: text, json, ndjson, markdown, github or sarif, as far as the command has it',
    ),
    described('--json', 'the same as --format json'),
    described('--no-color', 'no colours; NO_COLOR and FORCE_COLOR count as well'),
    described('--quiet', 'on stderr only warnings, questions and errors'),
    described('--debug', 'show where an error comes from'),
  ]
}

interface Invocation {
  readonly world: World
  readonly argv: readonly string[]
  readonly done: (code: number) => void
}

function addVerb(program: Command, verb: Verb, { world, argv, done }: Invocation): void {
  const command = program
    .command(verb.name)
    .summary(verb.summary)
    .description(verb.description)
    .addHelpText('before', exampleText(verb.examples))
    .addHelpText(
      'after',
      `\nFormats:\n${verb.formats.map((format) => `  ${format.padEnd(9)} ${formatNotes[format]}`).join('\n')}`,
    )
  for (const [syntax, description] of verb.operands) command.argument(syntax, description)
  for (const option of verb.options) command.addOption(option)
  command.action(async (...given: unknown[]) => {
    applyTwins(command, world.env)
    const cli = createCli(world, argv, program.opts<GlobalOptions>(), verb.formats)
    // Of an operand that may be given more than once come all.
    const operands = given.slice(0, verb.operands.length).flat() as readonly (string | undefined)[]
    done((await verb.act(cli, operands, command.opts<Options>())) ?? 0)
  })
}

function exampleText(examples: readonly string[]): string {
  return `Examples:\n${examples.map((line) => `  $ ${line}`).join('\n')}\n`
}
