-- expect: nothing
delete from sessions where id in (select id from sessions where expires_at < now() limit 10000);
delete from settings where name = 'theme.old';
