-- expect: nothing
create table readings (
  device bigint not null,
  at timestamptz not null,
  value double precision,
  primary key (device, at)
) partition by range (at);
create table readings_2026 partition of readings for values from ('2026-01-01') to ('2027-01-01');
create table readings_2027 partition of readings for values from ('2027-01-01') to ('2028-01-01');
create index on readings (at);
