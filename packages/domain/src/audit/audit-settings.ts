import { z } from 'zod';
import { AuditKeys } from './audit-keys.ts';

const bytes = 'must be 32 bytes as base64, several with commas between';

const keys = (name: 'seeds' | 'publicKeys') =>
  z
    .string()
    .default('')
    .refine((text) => {
      try {
        AuditKeys.parse(name === 'seeds' ? text : '', name === 'publicKeys' ? text : '');
        return true;
      } catch {
        return false;
      }
    }, bytes);

const seconds = z.coerce.number().int().min(1);

/** The settings of the audit trail, for the worker and whoever verifies; what is wrong is said without its text. */
export const auditEnvironment = z
  .object({
    GRANARY_AUDIT_KEY: keys('seeds'),
    GRANARY_AUDIT_PUBLIC_KEYS: keys('publicKeys'),
    GRANARY_AUDIT_CHECKPOINT_SECONDS: seconds.default(600),
    GRANARY_AUDIT_OVERDUE_SECONDS: seconds.default(300),
    GRANARY_AUDIT_RETENTION_DAYS: z.coerce.number().int().min(30).max(36_500).optional(),
  })
  .transform((env) => ({
    keys: AuditKeys.parse(env.GRANARY_AUDIT_KEY, env.GRANARY_AUDIT_PUBLIC_KEYS),
    checkpointSeconds: env.GRANARY_AUDIT_CHECKPOINT_SECONDS,
    overdueSeconds: env.GRANARY_AUDIT_OVERDUE_SECONDS,
    /** Of organizations that say nothing themselves; null: for ever. */
    retentionDays: env.GRANARY_AUDIT_RETENTION_DAYS ?? null,
  }));
