-- expect: sql-syntax
alter tabel orders add column note text;
