-- expect: blocking-advisory-wait
select pg_advisory_lock(hashtext('migrations'));
