-- expect: replace-resets-attributes
create function today() returns date language sql stable set timezone = 'UTC' as 'select current_date';
create or replace function today() returns date language sql as 'select current_date';
