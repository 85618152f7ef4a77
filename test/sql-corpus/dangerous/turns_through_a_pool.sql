-- expect: pooler-transaction-mode
create function take_turn(n bigint) returns boolean
  language sql set search_path = ''
  as $$ select pg_catalog.pg_try_advisory_lock(n) $$;
