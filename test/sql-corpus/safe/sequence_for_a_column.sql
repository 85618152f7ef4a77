-- expect: nothing
create sequence events_number_seq as bigint;
begin;
set local lock_timeout = '500ms';
alter table events add column number bigint;
alter table events alter column number set default nextval('events_number_seq');
commit;
alter sequence events_number_seq owned by events.number;
