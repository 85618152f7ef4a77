-- expect: nothing
set lock_timeout = '500ms';
alter table documents alter column body set statistics 500;
alter table documents alter column body set storage external;
alter table documents set (autovacuum_vacuum_scale_factor = 0.02);
