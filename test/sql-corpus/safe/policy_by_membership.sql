-- expect: nothing
begin;
set local lock_timeout = '500ms';
drop policy if exists team_notes on notes;
create policy team_notes on notes for select to authenticated
  using (team_id in (select m.team_id from members m where m.user_id = (select auth.uid())));
commit;
