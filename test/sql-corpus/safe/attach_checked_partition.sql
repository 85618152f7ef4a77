-- expect: nothing
begin;
set local lock_timeout = '500ms';
alter table events_2027 add constraint in_2027 check (at >= '2027-01-01' and at < '2028-01-01') not valid;
commit;
alter table events_2027 validate constraint in_2027;
begin;
set local lock_timeout = '500ms';
alter table events attach partition events_2027 for values from ('2027-01-01') to ('2028-01-01');
commit;
