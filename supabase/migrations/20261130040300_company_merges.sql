-- Two public companies that are one. What was merged stands written down and can be taken back: no plugin is moved, only the
-- root that companies are counted by.
create table public.company_merges (
  id uuid primary key default app.uuidv7(),
  company_id uuid not null references public.companies (id) on delete cascade,
  into_id uuid not null references public.companies (id) on delete cascade,
  reason text not null check (btrim(reason) <> '' and char_length(reason) <= 1000),
  merged_by text not null,
  merged_at timestamptz not null default now(),
  unmerged_by text,
  unmerged_at timestamptz,
  check ((unmerged_by is null) = (unmerged_at is null))
);
create index company_merges_company on public.company_merges (company_id);
create index company_merges_into on public.company_merges (into_id);
create unique index company_merges_standing on public.company_merges (company_id) where unmerged_at is null;

create function app.lock_public_company(company uuid) returns public.companies
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found_company public.companies;
begin
  select * into found_company from public.companies c where c.id = company and c.tenant_id is null for update;
  if found_company.id is null then
    raise exception using errcode = 'GR404', message = 'no such company';
  end if;
  return found_company;
end $$;

create function app.merge_companies(company uuid, into_company uuid, reason text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  merging public.companies;
  target public.companies;
  made uuid;
begin
  -- one merge at a time: two could make a circle together
  perform pg_advisory_xact_lock(hashtextextended('granary companies', 0));
  merging := app.lock_public_company(company);
  target := app.lock_public_company(into_company);
  if merging.merged_into is not null then
    raise exception using errcode = 'GR409', message = 'it is merged already: unmerge it first';
  end if;
  if target.root_id = merging.id then
    raise exception using errcode = 'GR409', message = 'a company cannot be merged into itself, nor into one that is merged into it';
  end if;
  update public.companies c set merged_into = target.id where c.id = merging.id;
  update public.companies c set root_id = target.root_id where c.root_id = merging.id;
  insert into public.company_merges (company_id, into_id, reason, merged_by)
    values (merging.id, target.id, merge_companies.reason, coalesce(claims ->> 'operator', session_user)) returning id into made;
  perform app.estimate_plugins(array(select p.id from public.plugins p join public.companies c on c.id = p.company_id
    where c.root_id = target.root_id));
  return made;
end $$;

-- Takes a merge back: the company, with what had been merged into it, stands by itself again.
create function app.unmerge_company(company uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  merged public.companies;
  undone uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended('granary companies', 0));
  merged := app.lock_public_company(company);
  if merged.merged_into is null then
    raise exception using errcode = 'GR409', message = 'it is not merged into another one';
  end if;
  update public.companies c set merged_into = null where c.id = merged.id;
  with recursive below (id) as (
    select merged.id union select c.id from public.companies c join below b on c.merged_into = b.id
  )
  update public.companies c set root_id = merged.id from below b where c.id = b.id;
  update public.company_merges m set unmerged_by = coalesce(claims ->> 'operator', session_user), unmerged_at = now()
    where m.company_id = merged.id and m.unmerged_at is null returning m.id into undone;
  perform app.estimate_plugins(array(select p.id from public.plugins p join public.companies c on c.id = p.company_id
    where c.root_id in (merged.id, merged.root_id)));
  return undone;
end $$;
revoke all on function app.lock_public_company, app.merge_companies, app.unmerge_company from public;

alter table public.company_merges enable row level security, force row level security;
create policy company_merges_read on public.company_merges for select to authenticated
  using (cardinality((select app.tenants_with('plugin:read'))::uuid[]) > 0);
grant select on public.company_merges to authenticated;
