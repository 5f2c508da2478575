-- Facts about plugins are for every member of every organization; lists, notes and tags about them are for those who write.
insert into public.permissions (name, description) values
  ('plugin:read', 'read what is known of plugins, and the organization''s lists, notes and tags'),
  ('plugin:write', 'make watch lists, notes and tags');
select app.extend_builtin_roles('{"owner": ["plugin:read", "plugin:write"], "admin": ["plugin:read", "plugin:write"],
  "editor": ["plugin:read", "plugin:write"], "viewer": ["plugin:read"], "auditor": ["plugin:read"]}');
