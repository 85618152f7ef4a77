-- expect: nothing
create materialized view daily_totals as select date_trunc('day', placed_at) as day, sum(total) as total from orders group by 1;
create unique index on daily_totals (day);
refresh materialized view concurrently daily_totals;
