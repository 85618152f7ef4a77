-- Privileges as in newer Supabase projects: new tables in the schema public are not given to the API roles.
-- Run once after schema.sql, as the role that owns the functions (its default privileges are what is changed).
-- DEFECT: only user_configs has its grants; the tables that create_user_table makes answer 42501 to service_role.

alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

grant select, insert, update, delete on user_configs to service_role;
grant usage on sequence user_configs_id_seq to service_role;
