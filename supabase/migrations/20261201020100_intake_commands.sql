-- A visitor's, whoever they are: by the identity login alone, which has counted the attempt. The same answer whether it was proposed
-- before. GR404: there is no such form, or it is closed. GR400: not a page that it takes. GR429: too many wait.
create function app.propose_page(organization uuid, connector text, item text, url text, is_any boolean, email text, comment text)
  returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most_waiting constant integer := 1000;
  most_messages constant integer := 20;
  owner constant uuid := coalesce(organization, app.installation_id());
  form public.intake_forms;
  proposal public.intake_proposals;
begin
  select f.* into form from public.intake_forms f
    where f.owner_id = owner and f.is_open
      and (f.tenant_id is null or exists (select from public.organizations o where o.id = f.tenant_id and o.closed_at is null))
    for update;
  if form.owner_id is null or form.tenant_id is distinct from organization then
    raise exception using errcode = 'GR404', message = 'there is no such form, or it is closed';
  end if;
  if is_any and not form.any_page then
    raise exception using errcode = 'GR400', message = 'this is the page of no plugin in a marketplace that is known';
  end if;
  -- the form is locked, so nobody else makes it meanwhile
  update public.intake_proposals p set times = least(p.times::bigint + 1, 2147483647), last_proposed_at = now()
    where p.owner_id = owner and p.connector = propose_page.connector and p.item = propose_page.item returning p.* into proposal;
  if proposal.id is null then
    if (select count(*) from public.intake_proposals p where p.owner_id = owner and p.state = 'waiting') >= most_waiting then
      raise exception using errcode = 'GR429', message = 'too many proposals are waiting, try again another day',
        detail = jsonb_build_object('limit', most_waiting)::text;
    end if;
    insert into public.intake_proposals (tenant_id, connector, item, url)
      values (form.tenant_id, propose_page.connector, propose_page.item, propose_page.url) returning * into proposal;
  end if;
  if proposal.state = 'waiting' and (propose_page.email is not null or propose_page.comment is not null)
      and (select count(*) from public.intake_messages m where m.owner_id = owner and m.proposal_id = proposal.id) < most_messages then
    insert into public.intake_messages (tenant_id, proposal_id, email, comment)
      values (form.tenant_id, proposal.id, propose_page.email, propose_page.comment);
  end if;
  return proposal.id;
end $$;

create function app.may_keep_sources(tenant uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce(case when tenant is null then app.is_operator_at_the_command_line()
    else tenant = (app.claims() ->> 'tenant_id')::uuid and app.may('source:write', tenant) end, false);
end $$;

create function app.configure_intake(is_open boolean, any_page boolean) returns public.intake_forms
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  form public.intake_forms;
begin
  if not app.may_keep_sources(tenant) then
    raise exception using errcode = 'GR403', message = 'needs the permission source:write';
  end if;
  insert into public.intake_forms as f (tenant_id, is_open, any_page)
    values (tenant, configure_intake.is_open, configure_intake.any_page)
    on conflict on constraint intake_forms_pkey do update
      set is_open = excluded.is_open, any_page = excluded.any_page, updated_at = now()
    returning f.* into form;
  return form;
end $$;

-- A proposal that the caller may decide, locked.
create function app.lock_proposal(proposal uuid) returns public.intake_proposals
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.intake_proposals;
begin
  select p.* into target from public.intake_proposals p where p.id = proposal for update;
  if target.id is null or not app.may_keep_sources(target.tenant_id) then
    raise exception using errcode = 'GR404', message = 'no such proposal';
  end if;
  return target;
end $$;

-- What visitors wrote to it, for the last time: who decides may answer them, and then it is not needed any more.
create function app.take_intake_messages(proposal public.intake_proposals) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  written jsonb;
begin
  -- who adds one has the proposal's row, as the caller has now: none comes between
  select coalesce(jsonb_agg(jsonb_build_object('email', m.email, 'comment', m.comment, 'createdAt', m.created_at) order by m.id), '[]')
    into written from public.intake_messages m where m.owner_id = proposal.owner_id and m.proposal_id = proposal.id;
  delete from public.intake_messages m where m.owner_id = proposal.owner_id and m.proposal_id = proposal.id;
  return written;
end $$;

-- The source asks for the plugin from its next run on, besides what it asks for otherwise; `items` is a setting of every connector
-- whose plugins have addresses. Also what was rejected before, or whose source was deleted. GR404, GR409, GR412.
create function app.accept_proposal(proposal uuid, source uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most_bytes constant integer := 60000; -- of the settings that a source may have
  -- the source before the proposal, as its deletion does
  into_source constant public.sources := app.lock_source(source, null);
  target constant public.intake_proposals := app.lock_proposal(proposal);
  items jsonb;
begin
  if into_source.owner_id <> target.owner_id then
    raise exception using errcode = 'GR404', message = 'no such source';
  end if;
  if target.state = 'accepted' and target.source_id is not null then
    raise exception using errcode = 'GR412', message = 'the proposal is accepted already';
  end if;
  if into_source.connector <> target.connector then
    raise exception using errcode = 'GR412', message = format('the proposal is of %s, and the source of %s', target.connector, into_source.connector);
  end if;
  if not into_source.crawls then
    raise exception using errcode = 'GR412', message = 'this source does not crawl: pages are imported into it';
  end if;
  items := case when jsonb_typeof(into_source.settings -> 'items') = 'array' then into_source.settings -> 'items' else '[]' end;
  if not items @> to_jsonb(target.item) then
    items := items || to_jsonb(target.item);
    if octet_length((into_source.settings || jsonb_build_object('items', items))::text) > most_bytes then
      raise exception using errcode = 'GR412', message = 'the source has as many items as it can hold: make another one';
    end if;
    update public.sources s set settings = s.settings || jsonb_build_object('items', items), revision = s.revision + 1, updated_at = now()
      where s.id = into_source.id;
  end if;
  update public.intake_proposals p
    set state = 'accepted', reason = null, source_id = into_source.id, decided_by = app.user_id(), decided_at = now()
    where p.id = target.id;
  return app.take_intake_messages(target);
end $$;

create function app.reject_proposal(proposal uuid, reason text) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.intake_proposals := app.lock_proposal(proposal);
begin
  if target.state <> 'waiting' then
    raise exception using errcode = 'GR412', message = format('the proposal is %s already', target.state);
  end if;
  update public.intake_proposals p
    set state = 'rejected', reason = reject_proposal.reason, decided_by = app.user_id(), decided_at = now()
    where p.id = target.id;
  return app.take_intake_messages(target);
end $$;

-- The worker's. Answers how many.
create function app.expire_intake(older_than interval) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  removed bigint;
begin
  delete from public.intake_messages m where m.created_at < now() - older_than;
  get diagnostics removed = row_count;
  return removed;
end $$;

revoke all on function app.propose_page, app.may_keep_sources, app.configure_intake, app.lock_proposal, app.take_intake_messages,
  app.accept_proposal, app.reject_proposal, app.expire_intake from public;
grant execute on function app.propose_page to granary_identity;
grant execute on function app.configure_intake, app.accept_proposal, app.reject_proposal to granary_member;
grant execute on function app.expire_intake to granary_worker;
