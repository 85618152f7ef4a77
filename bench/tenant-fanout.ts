import { parseArgs } from 'node:util'
import type { Measurement } from './contenders/measured.mjs'
import { runContender } from './measuring/child.ts'
import type { Contender } from './measuring/child.ts'
import { runSql, startStores } from './measuring/stores.ts'
import type { BenchStores } from './measuring/stores.ts'
import { renderRatios } from './measuring/table.ts'
import type { Line } from './measuring/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    tenants: { type: 'string', default: '2000' },
    profile: { type: 'string' },
  },
})

const contenders: readonly Contender[] = [
  { name: 'raw, 1 connection', program: 'raw-groups', options: { connections: 1 } },
  { name: 'raw, 4 connections', program: 'raw-groups', options: { connections: 4 } },
  { name: 'lockstep', program: 'lockstep-fanout' },
]

/** A table for each tenant, as sign-ups make them; committed every 100, or the server would run out of locks. */
async function seedTenants(url: string): Promise<void> {
  await runSql(
    url,
    `create table app_users (uid text primary key);
     insert into app_users select 'tenant-' || n from generate_series(1, ${Number(values.tenants)}) n`,
  )
  await runSql(
    url,
    `do $$ declare r record; begin
       for r in select uid, row_number() over () as n from app_users loop
         execute format('create table %I (id serial primary key, company_info jsonb)', 'user_table_' || md5(r.uid));
         if r.n % 100 = 0 then commit; end if;
       end loop;
     end $$`,
  )
}

async function checkTenants(url: string): Promise<void> {
  await runSql(
    url,
    `do $$ begin
  if (select count(*) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attname = 'language' and i.indkey::text = a.attnum::text)
     <> ${values.tenants} then raise 'not every table has the column and its index'; end if;
end $$`,
  )
}

/** A copy of the tenants' database for one contender, gone afterwards. */
async function runOnce(stores: BenchStores, contender: Contender, template: string): Promise<Measurement> {
  const database = await stores.createDatabase(template)
  const flags =
    values.profile !== undefined && contender.program.startsWith('lockstep')
      ? ['--cpu-prof', '--cpu-prof-dir', values.profile]
      : []
  const measured = await runContender(
    contender,
    { host: stores.host, project: 'bench-fanout', url: database.url },
    flags,
  )
  await checkTenants(database.url)
  await database.drop()
  return measured
}

function linesOf(results: ReadonlyMap<string, readonly Measurement[]>): readonly Line[] {
  return [...results].flatMap(([name, rounds]) => {
    const line = {
      name,
      seconds: rounds.map((each) => each.seconds),
      cpu: rounds.map((each) => each.cpu),
      megabytes: rounds.map((each) => each.megabytes),
    }
    if (name !== 'lockstep') return [line]
    const part = (of: string): Line => ({
      name: `lockstep ${of}`,
      seconds: rounds.map((each) => each.parts?.[of] ?? Number.NaN),
    })
    return [
      part('expand'),
      part('plan'),
      part('verify'),
      part('behind'),
      { ...line, name: 'lockstep plan + up + behind' },
    ]
  })
}

const stores = await startStores()
try {
  const { url, name } = await stores.createDatabase()
  await seedTenants(url)
  const results = new Map<string, Measurement[]>(contenders.map((contender) => [contender.name, []]))
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const measured = await runOnce(stores, contender, name)
      // The first round only warms the servers.
      if (round === 0) continue
      results.get(contender.name)?.push(measured)
      console.error(
        `round ${round}: ${contender.name} ${measured.seconds.toFixed(2)} s ${JSON.stringify(measured.parts ?? {})}`,
      )
    }
  }
  console.log(`\n${values.tenants} tenants, ${values.rounds} rounds; ratios are medians over rounds:\n`)
  console.log(renderRatios(linesOf(results), ['raw, 1 connection', 'raw, 4 connections']))
} finally {
  await stores.stop()
}
