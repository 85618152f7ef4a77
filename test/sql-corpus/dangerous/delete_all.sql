-- expect: unbatched-update-delete
delete from audit_log;
