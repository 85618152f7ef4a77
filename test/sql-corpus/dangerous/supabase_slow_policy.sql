-- expect: policy-per-row-auth-call, missing-lock-timeout
create policy own_notes on public.notes for select to authenticated using (auth.uid() = owner);
