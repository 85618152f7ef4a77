-- expect: nothing
set lock_timeout = '500ms';
set statement_timeout = 0;
create unique index concurrently events_id on events (id);
alter table events add constraint id_set check (id is not null) not valid;
alter table events validate constraint id_set;
alter table events alter column id set not null;
alter table events add constraint events_pkey primary key using index events_id;
