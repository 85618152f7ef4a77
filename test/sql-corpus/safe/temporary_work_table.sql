-- expect: nothing
create temp table picked as select id from orders where state = 'lost';
create index on picked (id);
delete from picked where id = 7;
drop table picked;
