-- Rows are changed by hand as well: what identifies people must not come in by that way.

-- SQLSTATE GR412 where a change would write a value into a column that holds pseudonyms, or that is declared to identify
-- people. Null empties a cell as before.
create function app.refuse_raw_identifiers(version uuid, operations jsonb) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  held text;
begin
  select c.name into held
    from public.dataset_columns c
    join public.datasets d on d.tenant_id = c.tenant_id and d.id = c.dataset_id
    where c.version_id = refuse_raw_identifiers.version
      and (c.evidence ? 'pseudonym' or c.name = any (d.identifiers) or c.original_name = any (d.identifiers))
      and exists (select from jsonb_array_elements(operations) each where each -> 'cells' ->> c.name is not null)
    order by c.position limit 1;
  if held is not null then
    raise exception using errcode = 'GR412',
      message = format('%s holds pseudonyms, which loads make: its cells can only be emptied, or their rows deleted', to_jsonb(held)),
      detail = jsonb_build_object('reason', 'pseudonym', 'column', held)::text;
  end if;
end $$;
revoke all on function app.refuse_raw_identifiers from public;

-- Everything that app.change_rows is about to write passes here, and nothing that a revert writes back, which was in the
-- table before. Otherwise as in 20261126030100.
create or replace function app.place_inserts(target uuid, operations jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  sequence constant regclass := (select pg_catalog.pg_get_serial_sequence(format('data.%I', app.data_table_name(target, min(c.chunk))), 'rowid')
    from public.dataset_versions v join public.dataset_columns c on c.tenant_id = v.tenant_id and c.version_id = v.id where v.id = target);
begin
  perform app.refuse_raw_identifiers(target, operations);
  return (select jsonb_agg(case when each ->> 'op' = 'insert'
      then each || jsonb_build_object('rowid', nextval(sequence), 'user_id', app.user_id()) else each end order by position)
    from jsonb_array_elements(operations) with ordinality as listed (each, position));
end $$;
