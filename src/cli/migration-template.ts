export type TemplateKind = 'addField' | 'addColumn' | 'empty'

/** The text of a new migration: it type-checks as it is, and says what to put where. */
export function migrationTemplate(kind: TemplateKind, slug: string): string {
  const summary = slug.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase())
  const { imports, step } = templates[kind]
  return `import { ${imports.join(', ')} } from 'lockstep'

export default defineMigration({
  summary: '${summary}',
  steps: [
${step.map((line) => `    ${line}`).join('\n')}
  ],
})
`
}

const templates: Readonly<
  Record<TemplateKind, { readonly imports: readonly string[]; readonly step: readonly string[] }>
> = {
  addField: {
    imports: ['defineMigration', 'firestore'],
    step: [
      '// Documents that have the field already are left as they are.',
      "firestore.addField('Users/{uid}', { language: 'en' }),",
    ],
  },
  addColumn: {
    imports: ['defineMigration', 'postgres'],
    step: [
      "// One table, or tenants('user_table') for every tenant's table of a template in lockstep.config.ts.",
      "postgres.addColumn('users', 'language', 'text', { default: 'en' }),",
    ],
  },
  empty: {
    imports: ['defineMigration'],
    step: [
      '// One entry a change, in order. Import firestore and postgres beside defineMigration, then for example:',
      "// firestore.addField('Users/{uid}', { language: 'en' }),",
      "// postgres.addColumn('users', 'language', 'text', { default: 'en' }),",
    ],
  },
}
