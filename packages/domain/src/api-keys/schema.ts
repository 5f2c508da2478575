import { z } from 'zod';
import { permissions } from '../access/permissions.ts';

export const scope = z.enum(permissions);

export const apiKey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: z.array(scope),
    expiresAt: z.string().nullable(),
    revokedAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'ApiKey' });

export const apiKeyColumns = [
  'id',
  'name',
  'scopes',
  'expires_at as expiresAt',
  'revoked_at as revokedAt',
  'created_at as createdAt',
] as const;
