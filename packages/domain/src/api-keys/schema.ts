import { z } from 'zod';
import { permissions } from '../access/permissions.ts';

export const scope = z.enum(permissions);

/** A single address, or a network such as `10.0.0.0/8`. */
const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

/** What a key may be bound to, beside its scopes. */
export const keyLimits = {
  expiresAt: z.iso.datetime({ offset: true }).optional(),
  allowedNetworks: z.array(network).min(1).max(100).optional().meta({ description: 'From where it may be used' }),
  requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
};

export const apiKey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: z.array(scope),
    expiresAt: z.string().nullable(),
    revokedAt: z.string().nullable(),
    isActive: z.boolean(),
    allowedNetworks: z.array(z.string()).nullable(),
    requestsPerMinute: z.int().nullable(),
    lastUsedAt: z.string().nullable().meta({ description: 'To the minute' }),
    createdAt: z.string(),
  })
  .meta({ id: 'ApiKey' });

export const apiKeyColumns = [
  'id',
  'name',
  'scopes',
  'expires_at as expiresAt',
  'revoked_at as revokedAt',
  'is_active as isActive',
  'allowed_networks as allowedNetworks',
  'requests_per_minute as requestsPerMinute',
  'last_used_at as lastUsedAt',
  'created_at as createdAt',
] as const;
