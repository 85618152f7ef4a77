-- expect: nothing
select pg_try_advisory_lock(hashtext('nightly report'));
select pg_advisory_unlock(hashtext('nightly report'));
