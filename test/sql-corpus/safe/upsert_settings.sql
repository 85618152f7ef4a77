-- expect: nothing
insert into settings (name, value) values ('theme', 'dark'), ('language', 'pt')
on conflict (name) do update set value = excluded.value;
