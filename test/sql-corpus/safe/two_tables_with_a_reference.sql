-- expect: nothing
begin;
create table teams (id bigint primary key, name text not null);
create table members (
  team_id bigint references teams (id),
  user_id bigint not null,
  primary key (team_id, user_id)
);
alter table members add column role text not null default 'member';
alter table members add constraint known_role check (role in ('member', 'owner'));
commit;
