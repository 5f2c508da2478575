import { z } from 'zod';
import { MasterKeys } from './master-keys.ts';

/** GRANARY_MASTER_KEY as an environment variable holds it; what is wrong with it is said without its text. */
export const masterKeysSetting = z
  .string()
  .default('')
  .transform((text, context) => {
    try {
      return MasterKeys.parse(text);
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'must be 32 bytes as base64 (openssl rand -base64 32), or two of them',
      });
      return z.NEVER;
    }
  });
