import type { Migrator, MigratorOptions } from '../migrator.ts'
import { renderTarget } from '../report/target.ts'
import type { Cli } from './cli.ts'

/** Opens the project's stores, names the target on stderr before anything else is done, and closes them whatever happens. */
export async function withMigrator<T>(
  cli: Cli,
  options: Partial<MigratorOptions>,
  work: (migrator: Migrator) => Promise<T>,
): Promise<T> {
  const { world, folder, configFile, environment } = cli
  const migrator = await world.createMigrator({ folder, configFile, environment, env: world.env, ...options })
  try {
    cli.say(renderTarget(migrator.target, cli.talk))
    return await work(migrator)
  } finally {
    await migrator.close()
  }
}
