-- expect: unbatched-update-delete
update users set language = 'en' where language is null;
