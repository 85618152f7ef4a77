-- expect: add-required-column, missing-lock-timeout
alter table users add column country text not null;
