-- expect: nothing
analyze orders;
vacuum (analyze, skip_locked) customers;
