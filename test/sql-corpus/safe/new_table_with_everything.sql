-- expect: nothing
create table invoices (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers (id),
  number text not null unique,
  total numeric(12, 2) not null check (total >= 0),
  lines jsonb not null default '[]',
  token uuid not null default gen_random_uuid(),
  issued_at timestamptz not null default now()
);
create index on invoices (customer_id);
create index on invoices using gin (lines);
alter table invoices add constraint issued_once exclude using btree (number with =);
