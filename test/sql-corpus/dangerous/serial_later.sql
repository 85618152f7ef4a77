-- expect: serial-or-identity-on-existing
set lock_timeout = '500ms';
alter table events add column id bigserial;
