import { z } from 'zod';

export const user = z
  .object({
    id: z.uuid(),
    username: z.string().nullable(),
    email: z.string(),
    name: z.string(),
    isActive: z.boolean(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'User' });

export const userColumns = [
  'id',
  'username',
  'email',
  'name',
  'is_active as isActive',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const;
