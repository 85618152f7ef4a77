-- expect: nothing
begin;
create table countries (code text primary key, name text not null);
insert into countries (code, name) values ('CH', 'Switzerland'), ('PT', 'Portugal');
create unique index countries_by_name on countries (name);
update countries set name = upper(name);
alter table countries alter column name set not null;
commit;
