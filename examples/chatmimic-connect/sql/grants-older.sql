-- Privileges as in older Supabase projects: everything new in the schema public belongs to the API roles as well.
-- Run once after schema.sql, as the role that owns the functions (its default privileges are what is changed).
-- DEFECT: together with row level security switched off, the public key reads and writes every user's tables.

grant all on all tables in schema public to anon, authenticated, service_role;
grant all on all sequences in schema public to anon, authenticated, service_role;
grant execute on all functions in schema public to anon, authenticated, service_role;

alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public grant execute on functions to anon, authenticated, service_role;
