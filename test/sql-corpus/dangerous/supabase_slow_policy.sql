-- expect: policy-per-row-auth-call
create policy own_notes on public.notes for select to authenticated using (auth.uid() = owner);
