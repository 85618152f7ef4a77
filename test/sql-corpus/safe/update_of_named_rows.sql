-- expect: nothing
update plans set price = 900 where code in ('basic', 'basic-yearly');
delete from features where plan = 'basic' and name = 'export';
