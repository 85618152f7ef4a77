-- expect: nothing
set lock_timeout = '500ms';
alter table customers alter column name type varchar(400);
alter table customers alter column note type text;
