-- expect: definer-without-search-path, function-default-public-execute
create function user_count() returns bigint language sql security definer as $$ select count(*) from users $$;
