-- expect: nothing
create table "Größen" ("Länge" int primary key, "Überschrift" text not null default 'täglich; nachts');
comment on table "Größen" is 'drop table "Größen"; -- only a comment';
insert into "Größen" ("Länge", "Überschrift") values (1, '🐘; delete from "Größen"');
