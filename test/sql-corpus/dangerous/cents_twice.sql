-- expect: backfill-not-idempotent
update prices set amount = amount / 100 where id between 1 and 5000;
