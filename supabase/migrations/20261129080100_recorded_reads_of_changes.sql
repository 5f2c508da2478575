-- Values of rows stand in other tables as well: what a change replaced, what did not fit, what was corrected, the most frequent
-- ones. Where reads are recorded those are not read past the API either (app.may_read_dataset).

-- Datasets whose reads are recorded, of whoever reads past the API; none for our own logins, which record them.
create function app.datasets_read_by_api() returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  if session_user like 'granary\_%' then
    return '{}';
  end if;
  return array(
    select d.id from public.memberships m join public.organizations o on o.id = m.tenant_id
    join public.datasets d on d.tenant_id = m.tenant_id and (d.audit_reads or o.audit_reads)
    where m.user_id = app.user_id());
end $$;
revoke all on function app.datasets_read_by_api from public;
grant execute on function app.datasets_read_by_api to authenticated;

-- Written so that the planner takes it for what nearly every row passes: of `<> all` it would think that hardly any does where
-- a table is of few datasets, and choose a plan for few rows.
create policy dataset_row_changes_recorded on public.dataset_row_changes as restrictive for select to authenticated
  using (nullif(dataset_id = any ((select app.datasets_read_by_api())::uuid[]), true) is not null);
create policy quarantined_rows_recorded on public.quarantined_rows as restrictive for select to authenticated
  using (nullif(dataset_id = any ((select app.datasets_read_by_api())::uuid[]), true) is not null);
create policy quarantine_reviews_recorded on public.quarantine_reviews as restrictive for select to authenticated
  using (nullif(dataset_id = any ((select app.datasets_read_by_api())::uuid[]), true) is not null);
create policy dataset_statistics_recorded on public.dataset_statistics as restrictive for select to authenticated
  using (nullif(dataset_id = any ((select app.datasets_read_by_api())::uuid[]), true) is not null);
