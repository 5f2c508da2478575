import { z } from 'zod';

export const email = z.email().max(254);
export const username = z.string().regex(/^[a-z\d](?:[\w.-]{0,62}[a-z\d])?$/i, 'letters, digits, dots, dashes; no @');
export const personName = z.string().trim().max(200);
/** One that is set; what is typed to sign in may be anything. */
export const newPassword = z.string().min(10).max(200);
export const mailedToken = z.string().min(1).max(200).meta({ description: 'From the link that was mailed' });

export const session = z
  .object({
    id: z.uuid(),
    name: z.string().nullable(),
    userAgent: z.string().nullable(),
    address: z.string().nullable(),
    createdAt: z.string(),
    lastSeenAt: z.string(),
    expiresAt: z.string(),
    isCurrent: z.boolean(),
  })
  .meta({ id: 'UserSession' });
