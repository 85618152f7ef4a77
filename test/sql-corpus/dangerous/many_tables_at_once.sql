-- expect: multi-table-ddl-one-tx
begin;
set local lock_timeout = '500ms';
alter table orders add column tenant bigint;
alter table lines add column tenant bigint;
alter table invoices add column tenant bigint;
alter table payments add column tenant bigint;
commit;
