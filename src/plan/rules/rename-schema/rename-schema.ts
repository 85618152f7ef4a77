import { defineSqlRule } from '../sql-rule.ts'

export const renameSchema = defineSqlRule({
  name: 'rename-schema',
  summary: 'A schema keeps its name',
  severity: 'error',
  why: 'every qualified name in clients, functions and search paths is wrong from that moment',
  fix: 'make the new schema and leave views of the old names behind, or keep the name',
  on: {
    RenameStmt({ renameType, subname, newname }) {
      return renameType === 'OBJECT_SCHEMA'
        ? { message: `the schema ${subname} is called ${newname} from one moment to the next` }
        : undefined
    },
  },
})
