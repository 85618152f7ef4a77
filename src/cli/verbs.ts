import type { Option } from 'commander'
import { collected, described, dollars, wholeNumber } from './verb.ts'
import { templateKinds } from './migration-template.ts'
import type { Verb } from './verb.ts'

const oneMigration = ['[migration]', 'its id: the file name without the ending'] as const

function workOptions(): readonly Option[] {
  return [
    described('--yes', 'answer the question that needs only a yes'),
    described('--confirm <words>', 'the words that production asks for, as ENVIRONMENT:ID'),
    described('--concurrency <number>', 'shards worked on at once; 4 without it').argParser(wholeNumber(1)),
    described('--max-usd <dollars>', 'stop before the call of an embedding provider that would cross them').argParser(
      dollars,
    ),
  ]
}

function strict(): Option {
  return described('--strict', 'stop where a tenant’s table is missing, odd or of no tenant, instead of leaving it out')
}

/** Every command, in the order of a project's life. Each is loaded when it is asked for. */
export const verbs: readonly Verb[] = [
  {
    name: 'init',
    summary: 'write a configuration into this project',
    description:
      'Writes lockstep.config.ts, the folder of the migrations and the lines .gitignore needs, from what it finds in the project. Never overwrites.',
    examples: ['lockstep init', 'lockstep init --dry-run'],
    formats: ['text', 'json'],
    operands: [],
    options: [described('--dry-run', 'print what would be written, write nothing')],
    act: async (cli, _, options) => (await import('./commands/init.ts')).init(cli, options),
  },
  {
    name: 'new',
    summary: 'write a new migration file',
    description: 'Writes a typed migration named by the time (UTC) and the slug, and prints its path.',
    examples: ['lockstep new chats_know_their_language --kind addField'],
    formats: ['text', 'json'],
    operands: [['<slug>', 'a name in lower case: letters, digits, underscores']],
    options: [described('--kind <kind>', 'what its first step is to be').choices(templateKinds).default('empty')],
    act: async (cli, [slug], options) => (await import('./commands/new.ts')).newMigration(cli, slug ?? '', options),
  },
  {
    name: 'lint',
    summary: 'find what breaks clients or data, or stops the database',
    description:
      'Looks through migrations and files of SQL for what would break released clients, lose data, stop the database, or leave it open to strangers. Without a target: every migration, and the SQL that the configuration names. Opens no database but with --live, and cannot tell which files are applied. Ends with 3 when there is an error.',
    examples: [
      'lockstep lint',
      'lockstep lint --since origin/main --format github',
      'lockstep lint --strict --format sarif > lint.sarif',
      'lockstep lint sql/ supabase/migrations --server-version 15',
      'lockstep lint --fix sql/20261122_orders.sql',
      'lockstep lint --live --env production',
    ],
    formats: ['text', 'json', 'github', 'sarif'],
    operands: [['[targets...]', 'files, folders or patterns of SQL, or the ids of migrations']],
    options: [
      described('--strict', 'make errors of warnings'),
      described('--since <ref>', 'only files that are new or changed since this branch left a branch, tag or commit'),
      described('--fix', 'mend in the files of SQL what can be mended mechanically, then say what is left'),
      described(
        '--live',
        'look at the database itself, and at what is named by its version and the sizes of its tables',
      ),
      described('--server-version <version>', 'the version of PostgreSQL that the SQL is for, as 15 or 14.2'),
      described('--one-transaction', 'the runner of the files of SQL wraps each in a transaction'),
      described('--also <rule>', 'apply a rule that is off unless it is asked for; may be given again').argParser(
        collected,
      ),
    ],
    act: async (cli, targets, options) =>
      (await import('./commands/lint.ts')).lint(
        cli,
        targets.filter((target) => target !== undefined),
        options,
      ),
  },
  {
    name: 'codegen',
    summary: 'write the readers and writers that apps need',
    description:
      'Writes one TypeScript file from all migrations: for each pattern of documents its type, its chain of shapes and a converter, and for each move its places. Opens no store. A formatter should leave the file alone: it is compared as it was written.',
    examples: ['lockstep codegen', 'lockstep codegen --out src/lockstep.client.ts --check'],
    formats: ['text'],
    operands: [],
    options: [
      described('--out <file>', 'where to write; lockstep.client.ts beside the configuration without it'),
      described('--check', 'write nothing, and end with 1 when the file is stale'),
    ],
    act: async (cli, _, options) => (await import('./commands/codegen.ts')).codegen(cli, options),
  },
  {
    name: 'plan',
    summary: 'show what a migration would do',
    description:
      'Shows what the first pending migration (or the one named) would do, how long it would take, what it would lock and cost, and how it is undone. Reads only.',
    examples: ['lockstep plan', 'lockstep plan --env production --out plan.json', 'lockstep plan --format markdown'],
    formats: ['text', 'json', 'markdown'],
    operands: [oneMigration],
    options: [
      described('--out <file>', 'save the plan, so that up --plan can apply exactly it'),
      described('--exit-code', 'end with 2 when something is pending'),
      strict(),
    ],
    act: async (cli, [id], options) => (await import('./commands/plan.ts')).plan(cli, id, options),
  },
  {
    name: 'up',
    summary: 'apply pending migrations, or go on with one',
    description:
      'Goes on with runs that stopped, then applies the pending migrations in order, until they soak: switched over, and still exactly reversible. With nothing to apply it brings up what soaks: tenants born since, rows that wait for a vector.',
    examples: [
      'lockstep up',
      'lockstep up --to verify',
      'lockstep up --env production --plan plan.json --confirm production:7f3c9e0a1b2c',
    ],
    formats: ['text', 'json', 'ndjson'],
    operands: [oneMigration],
    options: [
      described('--to <phase>', 'stop before the cutover, everything verified')
        .choices(['verify', 'cutover'])
        .default('cutover'),
      described('--plan <file>', 'apply exactly this saved plan, or refuse it as stale'),
      described('--dry-run', 'only show the plan'),
      described('--out-of-order', 'allow a migration that is older than one already applied'),
      described('--allow <rule>', 'go on in spite of what this lint rule found; may be given again').argParser(
        collected,
      ),
      strict(),
      ...workOptions(),
    ],
    act: async (cli, [id], options) => (await import('./commands/up.ts')).up(cli, id, options),
  },
  {
    name: 'status',
    summary: 'show every migration and its state',
    description:
      'Shows the migrations on disk and in the ledger, what state they are in, and the next command. Reads only.',
    examples: ['lockstep status', 'lockstep status --exit-code --quiet', 'lockstep status --tables'],
    formats: ['text', 'json', 'markdown'],
    operands: [],
    options: [
      described('--exit-code', 'end with 2 when something is pending'),
      described('--tables', 'name the tables that a run left out or could not change, and why'),
    ],
    act: async (cli, _, options) => (await import('./commands/status.ts')).status(cli, options),
  },
  {
    name: 'verify',
    summary: 'check that what was promised holds now',
    description:
      'Checks the soaking migrations (or the one named) against both stores. Reads only. Ends with 5 when something is not as promised.',
    examples: ['lockstep verify', 'lockstep verify --level full'],
    formats: ['text', 'json'],
    operands: [oneMigration],
    options: [
      described('--level <level>', 'counts asks the stores to count, full reads everything')
        .choices(['counts', 'full'])
        .default('counts'),
    ],
    act: async (cli, [id], options) => (await import('./commands/verify.ts')).verify(cli, id, options),
  },
  {
    name: 'complete',
    summary: 'end the soak: remove what stayed for the way back',
    description:
      'Runs the contract phase of the migration that soaks longest (or the one named). After it, down is no longer possible.',
    examples: ['lockstep complete', 'lockstep complete 20261122093000_chats_know_their_language --yes'],
    formats: ['text', 'json', 'ndjson'],
    operands: [oneMigration],
    options: workOptions(),
    act: async (cli, [id], options) => (await import('./commands/complete.ts')).complete(cli, id, options),
  },
  {
    name: 'down',
    summary: 'take a migration back',
    description:
      'Puts both databases back to what they were before the latest open run (or the one named), and keeps what others wrote since.',
    examples: ['lockstep down', 'lockstep down 20261122093000_chats_know_their_language --yes'],
    formats: ['text', 'json', 'ndjson'],
    operands: [oneMigration],
    options: workOptions(),
    act: async (cli, [id], options) => (await import('./commands/down.ts')).down(cli, id, options),
  },
  {
    name: 'journal',
    summary: 'tell what a run did',
    description:
      'Tells what changed, who did it and when, how it was verified, which conflicts were met and what was kept, from the ledger alone.',
    examples: ['lockstep journal', 'lockstep journal --format markdown --out journal.md'],
    formats: ['text', 'json', 'markdown'],
    operands: [oneMigration],
    options: [described('--out <file>', 'write it to a file')],
    act: async (cli, [id], options) => (await import('./commands/journal.ts')).journal(cli, id, options),
  },
  {
    name: 'doctor',
    summary: 'check this machine, the configuration and both stores',
    description:
      'Shows where each setting comes from, whether both stores can be reached, and what is in the way. Ends with 1 when something is wrong.',
    examples: ['lockstep doctor', 'lockstep doctor --env production --json'],
    formats: ['text', 'json'],
    operands: [],
    options: [],
    act: async (cli) => (await import('./commands/doctor.ts')).doctor(cli),
  },
  {
    name: 'explain',
    summary: 'explain a lint rule or an error',
    description:
      'Prints the page of a lint rule, or what is known of an error code. Needs neither a project nor a network.',
    examples: ['lockstep explain index-not-concurrent', 'lockstep explain LS-2104'],
    formats: ['text', 'json', 'markdown'],
    operands: [['<name>', 'the name of a rule, or a code as LS-2104']],
    options: [],
    act: async (cli, [name]) => (await import('./commands/explain.ts')).explain(cli, name ?? ''),
  },
  {
    name: 'local',
    summary: 'start both databases on this machine',
    description:
      'Starts an embedded Postgres (with pgvector) and an embedded Firestore, without Docker and without Java, and serves them until Ctrl-C, or as long as the command after --exec runs. Prints the variables by which apps find them.',
    examples: [
      'lockstep local --data .lockstep/data',
      'eval "$(lockstep local --print-env)"',
      'lockstep local --exec npm test',
      'lockstep local --postgres system --seed db/seed.sql',
    ],
    formats: ['text', 'json'],
    operands: [],
    options: [
      described('--data <folder>', 'keep the data there; in memory without it'),
      described('--only <store>', 'start one of them').choices(['firestore', 'postgres']),
      described('--postgres <server>', 'PGlite in this process, or the PostgreSQL that this machine has')
        .choices(['embedded', 'system'])
        .default('embedded'),
      described(
        '--seed <path>',
        'fill the stores while their data is new: a .sql file, a program, or a folder with a seed; may be given again',
      ).argParser(collected),
      described('--import <folder>', 'begin with what firebase emulators:export wrote there'),
      described('--export-on-exit <folder>', 'at the end, write what firebase emulators:start --import takes'),
      described('--rates', 'refuse writes to Firestore that come faster than production takes them'),
      described('--lenient', 'answer queries whose index firestore.indexes.json lacks, which production refuses'),
      described('--pg-port <port>', 'the port of Postgres; a free one without it').argParser(wholeNumber(0)),
      described('--firestore-port <port>', 'the port of Firestore; a free one without it').argParser(wholeNumber(0)),
      described('--print-env', 'print the variables of the stores that run for this folder, and end'),
      described(
        '--exec <command...>',
        'run this command with the variables set, and end with its exit code; everything after --exec belongs to it',
      ),
    ],
    act: async (cli, _, options) => (await import('./commands/local.ts')).local(cli, options),
  },
  {
    name: 'demo',
    summary: 'watch a migration go there and back while an app writes',
    description:
      'Starts both databases embedded, seeds the reference app, lets its clients write, and runs plan, up, verify, down, up, complete and journal. Fails when a client meets an error or a write is lost.',
    examples: ['lockstep demo', 'lockstep demo --tenants 50 --documents 5000'],
    formats: ['text'],
    operands: [],
    options: [
      described('--tenants <number>', 'tenants, with two tables each').argParser(wholeNumber(1)).default(300),
      described('--documents <number>', 'documents in Firestore').argParser(wholeNumber(1)).default(30_000),
    ],
    act: async (cli, _, options) => (await import('./commands/demo.ts')).demo(cli, options),
  },
]
