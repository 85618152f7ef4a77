-- expect: nothing
with page as (
  select id from orders where currency is null order by id limit 5000 for update skip locked
)
update orders set currency = 'EUR' where id in (select id from page limit 5000);
