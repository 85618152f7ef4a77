-- expect: nothing
set lock_timeout = '500ms';
create policy read_own_files on storage.objects for select to authenticated
  using (bucket_id = 'files' and owner = (select auth.uid()));
