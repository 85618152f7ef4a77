-- expect: column-type-rewrite, check-on-retyped-column
set lock_timeout = '500ms';
alter table orders add constraint total_positive check (total > 0) not valid;
alter table orders alter column total type numeric(12, 2) using total / 100.0;
