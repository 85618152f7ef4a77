// @ts-check
import { measure, readTask } from './measured.mjs'
import { openProject } from './project.mjs'

/** The product as built: plan and `up` of one addColumn on every tenant's table, then a look whether any fell behind. */
const task = /** @type {import('./project.mjs').StoresTask} */ (readTask())
const step = `postgres.addColumn(tenants('user_table'), 'language', 'text', { default: 'en', index: true })`
const tenants = {
  source: { from: 'sql', sql: 'select uid from app_users' },
  key: 'md5',
  tables: { user_table: 'user_table_{key}' },
}
const { migrator, up, close } = await openProject(task, { step, tenants })
await measure(async () => {
  const phases = await up()
  const started = performance.now()
  if ((await migrator.behind()) !== 0) throw new Error('tables were left behind')
  return { ...phases, behind: (performance.now() - started) / 1000 }
})
await close()
