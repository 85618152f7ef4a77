-- expect: view-security-definer
create view public.all_notes as select * from public.notes;
