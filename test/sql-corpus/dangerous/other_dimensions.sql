-- expect: vector-dims-change, column-type-rewrite
set lock_timeout = '500ms';
alter table documents alter column embedding type vector(3072);
