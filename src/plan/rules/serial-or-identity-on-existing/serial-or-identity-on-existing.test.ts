import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { serialOrIdentityOnExisting } from './serial-or-identity-on-existing.ts'

describeSqlRule(serialOrIdentityOnExisting, {
  finds: [
    'alter table events add column id bigserial;',
    'alter table events add column id bigint generated always as identity;',
  ],
  leaves: [
    `create sequence events_id_seq;
alter table events add column id bigint;
alter table events alter column id set default nextval('events_id_seq');`,
    `create table events (a int);
alter table events add column id bigserial;`,
  ],
})
