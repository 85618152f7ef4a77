-- expect: check-without-not-valid
set lock_timeout = '500ms';
alter table orders add constraint total_positive check (total > 0);
