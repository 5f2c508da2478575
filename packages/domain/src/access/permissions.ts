/** Every permission, as `<entity>:<verb>`. The rows of table `permissions` are the same words; a test compares them. */
export const permissions = [
  'audit:read',
  'capture:read',
  'dataset:admin',
  'dataset:read',
  'dataset:write',
  'encryption:admin',
  'key:read',
  'key:write',
  'member:read',
  'member:write',
  'organization:delete',
  'organization:read',
  'organization:write',
  'role:write',
  'source:read',
  'source:write',
  'todo:admin',
  'todo:read',
  'todo:write',
] as const;
export type Permission = (typeof permissions)[number];
