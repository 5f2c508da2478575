import { parseAllowList } from '@granary/outbound/urls';
import { z } from 'zod';

/** GRANARY_OUTBOUND_ALLOW as an environment variable holds it: networks and `host:port`, with commas between. */
export const outboundAllowSetting = z
  .string()
  .default('')
  .transform((text, context) => {
    const entries = text.split(',').flatMap((part) => part.trim() || []);
    try {
      parseAllowList(entries);
      return entries;
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });
