-- expect: nothing
begin;
set local lock_timeout = '500ms';
alter table legacy_reports rename to legacy_reports_gone_2026_11;
commit;
