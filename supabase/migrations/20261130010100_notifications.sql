-- What people are told: an inbox in each organization, mails at once, and digests. Recipients are computed when an event is
-- handed on, by what they may see then; what somebody may not see any more when they look, their inbox does not show.

insert into public.permissions (name, description) values
  ('notification:read', 'see what one is told'),
  ('notification:write', 'note what one has read, and choose what one is told of');

create or replace function app.builtin_roles() returns table (name text, permissions text[])
  language sql immutable set search_path = '' as $$
  values
    ('owner', '{organization:read,organization:write,organization:delete,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,todo:admin,notification:read,notification:write,audit:read,encryption:admin}'::text[]),
    ('admin', '{organization:read,organization:write,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,notification:read,notification:write,audit:read,encryption:admin}'),
    ('editor', '{organization:read,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,notification:read,notification:write}'),
    ('viewer', '{organization:read,member:read,key:read,key:write,dataset:read,todo:read,notification:read,notification:write}'),
    ('auditor', '{organization:read,member:read,key:read,key:write,audit:read,todo:read,notification:read,notification:write}')
$$;
-- an inbox is one's own: whatever roles there are already give it
insert into public.role_permissions (tenant_id, role_id, permission)
  select r.tenant_id, r.id, each from public.roles r cross join unnest('{notification:read,notification:write}'::text[]) each
  on conflict do nothing;

-- What somebody chose otherwise than the event type has it.
create table public.notification_preferences (
  tenant_id uuid not null,
  user_id uuid not null,
  type text not null references public.event_types (name),
  inbox boolean not null,
  mail text not null check (mail in ('off', 'immediate', 'daily', 'weekly')),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, user_id, type),
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade
);
create index notification_preferences_type on public.notification_preferences (type);

-- Counts what came into an inbox. Whoever puts something there holds the row until they commit, so that places are in the
-- order of commits: whoever goes on after a place misses nothing, and waits for no other transaction.
create table public.notification_inboxes (
  tenant_id uuid not null,
  user_id uuid not null,
  last_place bigint not null default 0,
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade
);

-- One row for each event and person who is told of it, whichever way.
create table public.notifications (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  user_id uuid not null,
  -- of the outbox, which forgets earlier
  event_id uuid not null,
  type text not null references public.event_types (name),
  actor_id uuid,
  subject_type text not null,
  subject_id text not null,
  data jsonb not null,
  -- whoever may not read it is not shown this; no foreign key, because the dataset may be gone when it is handed on
  dataset_id uuid,
  created_at timestamptz not null,
  -- in the inbox, where it is in it
  place bigint,
  read_at timestamptz,
  -- the digest that it waits for, or stood in
  digest text check (digest in ('daily', 'weekly')),
  -- the mail that tells of it; mails are forgotten after a month
  mail_id uuid,
  primary key (tenant_id, id),
  unique (tenant_id, user_id, event_id),
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade
);
create unique index notifications_place on public.notifications (tenant_id, user_id, place);
create index notifications_unread on public.notifications (tenant_id, user_id, place) where read_at is null and place is not null;
create index notifications_type on public.notifications (type);
create index notifications_read on public.notifications (read_at) where read_at is not null;
create index notifications_mail on public.notifications (mail_id) where mail_id is not null;
create index notifications_waiting on public.notifications (digest, created_at) where digest is not null and mail_id is null;

-- Which digests were made: of two workers, one makes it.
create table public.notification_digests (
  tenant_id uuid not null,
  user_id uuid not null,
  digest text not null check (digest in ('daily', 'weekly')),
  -- the day on which the period ended, in UTC
  ended_on date not null,
  primary key (tenant_id, user_id, digest, ended_on),
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade
);

-- everybody's own, and nobody else's; administrators do not see what others are told of
alter table public.notification_preferences enable row level security, force row level security;
create policy notification_preferences_read on public.notification_preferences for select to authenticated
  using (user_id = (select app.user_id()) and tenant_id = any ((select app.tenants_with('notification:read'))::uuid[]));
alter table public.notification_inboxes enable row level security, force row level security;
create policy notification_inboxes_read on public.notification_inboxes for select to authenticated
  using (user_id = (select app.user_id()) and tenant_id = any ((select app.tenants_with('notification:read'))::uuid[]));
alter table public.notification_digests enable row level security, force row level security;
create policy notification_digests_read on public.notification_digests for select to authenticated
  using (user_id = (select app.user_id()) and tenant_id = any ((select app.tenants_with('notification:read'))::uuid[]));
alter table public.notifications enable row level security, force row level security;
create policy notifications_read on public.notifications for select to authenticated
  using (user_id = (select app.user_id()) and place is not null
    and tenant_id = any ((select app.tenants_with('notification:read'))::uuid[])
    and (dataset_id is null or dataset_id = any ((select app.datasets_with('read'))::uuid[])));
grant select on public.notification_preferences, public.notification_inboxes, public.notification_digests, public.notifications
  to authenticated;
