-- expect: nothing
update settings set value = 'light' where name = 'theme';
update counters set n = n + 1 where name = 'visits';
