-- What blocks and edges say of themselves: their ports, and metadata of their type. The same rules stand in TypeScript
-- (packages/domain/src/registry/ports); a test compares. docs/adr/0035-blocks-and-edges.md

-- A list of ports: [{"name": …, "columns": [{"name": …, "type": …, "nullable": …}]}], names unique in it and in each port.
create function app.are_ports(ports jsonb) returns boolean
  language plpgsql immutable set search_path = '' as $$
declare
  port jsonb;
  port_column jsonb;
begin
  if jsonb_typeof(ports) is distinct from 'array' or jsonb_array_length(ports) > 64 then
    return false;
  end if;
  for port in select p from jsonb_array_elements(ports) p loop
    if jsonb_typeof(port) <> 'object' or port - '{name,columns}'::text[] <> '{}' or jsonb_typeof(port -> 'name') is distinct from 'string'
        or (port ->> 'name') !~ '^[a-z_][a-z0-9_]{0,62}$' or jsonb_typeof(port -> 'columns') is distinct from 'array'
        or jsonb_array_length(port -> 'columns') > 2000 then
      return false;
    end if;
    for port_column in select c from jsonb_array_elements(port -> 'columns') c loop
      if jsonb_typeof(port_column) <> 'object' or port_column - '{name,type,nullable}'::text[] <> '{}'
          or jsonb_typeof(port_column -> 'name') is distinct from 'string' or (port_column ->> 'name') !~ '^[a-z_][a-z0-9_]{0,62}$'
          or jsonb_typeof(port_column -> 'nullable') is distinct from 'boolean' or jsonb_typeof(port_column -> 'type') is distinct from 'string'
          or (port_column ->> 'type') <> all ('{boolean,bigint,"double precision",numeric,date,time,timestamp,timestamptz,uuid,jsonb,text}'::text[]) then
        return false;
      end if;
    end loop;
    if exists (select from jsonb_array_elements(port -> 'columns') c group by c ->> 'name' having count(*) > 1) then
      return false;
    end if;
  end loop;
  return not exists (select from jsonb_array_elements(ports) p group by p ->> 'name' having count(*) > 1);
exception when invalid_parameter_value or data_exception then
  return false; -- what has no such field is no port
end $$;

-- Whether a value of the source column can stand in the target column: the same type, or one that holds each of its values.
create function app.type_fits(source text, target text) returns boolean
  language plpgsql immutable set search_path = '' as $$
begin
  return source = target or (source, target) in (('bigint', 'numeric'), ('date', 'timestamp'));
end $$;

-- What of a target port does not fit the source port: [{"column": …, "reason": "missing" | "type" | "nullable", …}], in the
-- order of the target's columns; empty where all fits. What the source has beside is nobody's concern.
create function app.misfits(source jsonb, target jsonb) returns jsonb
  language plpgsql immutable set search_path = '' as $$
begin
  return coalesce((
    select jsonb_agg(case
        when given.c is null then jsonb_build_object('column', wanted.c -> 'name', 'reason', 'missing', 'target', wanted.c -> 'type')
        when not app.type_fits(given.c ->> 'type', wanted.c ->> 'type') then jsonb_build_object('column', wanted.c -> 'name',
          'reason', 'type', 'source', given.c -> 'type', 'target', wanted.c -> 'type')
        else jsonb_build_object('column', wanted.c -> 'name', 'reason', 'nullable') end order by wanted.position)
    from jsonb_array_elements(target -> 'columns') with ordinality wanted (c, position)
    left join jsonb_array_elements(source -> 'columns') given (c) on given.c ->> 'name' = wanted.c ->> 'name'
    where given.c is null or not app.type_fits(given.c ->> 'type', wanted.c ->> 'type')
      or ((given.c ->> 'nullable')::boolean and not (wanted.c ->> 'nullable')::boolean)), '[]');
end $$;

-- Whether metadata is of its type: an object of bounded size, its well-known fields of their JSON type. Others are its writer's.
create function app.is_metadata(kind text, metadata jsonb) returns boolean
  language plpgsql immutable set search_path = '' as $$
declare
  known constant jsonb := case kind
    when 'dataset' then '{"license": "string", "citation": "string", "homepage": "string", "keywords": "array"}'
    when 'model' then '{"license": "string", "citation": "string", "homepage": "string", "keywords": "array", "framework": "string",
      "task": "string", "hyperparameters": "object", "metrics": "object", "artifact": "object"}'
    when 'edge' then '{"license": "string", "homepage": "string", "keywords": "array", "documentation": "string"}' end;
begin
  if known is null or metadata is null or jsonb_typeof(metadata) <> 'object' or octet_length(metadata::text) > 65536 then
    return false;
  end if;
  if exists (select from jsonb_each_text(known) k where metadata ? k.key and jsonb_typeof(metadata -> k.key) <> k.value) then
    return false;
  end if;
  if exists (select from jsonb_array_elements(case when metadata ? 'keywords' then metadata -> 'keywords' else '[]' end) w
      where jsonb_typeof(w) <> 'string') then
    return false;
  end if;
  if kind <> 'model' then
    return true;
  end if;
  return not exists (select from jsonb_each(case when metadata ? 'metrics' then metadata -> 'metrics' else '{}' end) m
      where jsonb_typeof(m.value) <> 'number')
    and (not metadata ? 'artifact' or (jsonb_typeof(metadata -> 'artifact' -> 'uri') = 'string'
      and (not metadata -> 'artifact' ? 'sha256' or coalesce(metadata -> 'artifact' ->> 'sha256' ~ '^[0-9a-f]{64}$', false)))) is true;
end $$;

-- The ports that a dataset's version has, from its columns: one, `rows`. A column of a data table can be null.
create function app.ports_of_version(tenant uuid, dataset_version uuid) returns jsonb
  language plpgsql stable set search_path = '' as $$
begin
  return jsonb_build_array(jsonb_build_object('name', 'rows', 'columns', coalesce((
    select jsonb_agg(jsonb_build_object('name', c.name, 'type', c.type, 'nullable', true) order by c.position)
    from public.dataset_columns c where c.tenant_id = tenant and c.version_id = dataset_version), '[]')));
end $$;

-- A version says for ever what it said: whoever wants it otherwise makes another one. Only whether it may be used changes.
create function app.keep_version() returns trigger
  language plpgsql volatile set search_path = '' as $$
begin
  if to_jsonb(new) - 'is_active' is distinct from to_jsonb(old) - 'is_active' then
    raise exception using errcode = 'GR412', message = 'a version does not change';
  end if;
  return new;
end $$;

revoke all on function app.are_ports, app.type_fits, app.misfits, app.is_metadata, app.ports_of_version,
  app.keep_version from public;
