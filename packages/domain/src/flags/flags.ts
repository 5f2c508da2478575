import { z } from 'zod';

/** Flags that the code asks for, and what each opens. One without a row is off. */
export const knownFlags: Readonly<Record<string, string>> = {
  FF_ENABLE_REGISTRATION: 'anybody may ask for an account',
};

export const codename = z.string().regex(/^FF_[A-Z][A-Z0-9_]*$/, 'FF_ and capitals, as FF_ENABLE_REGISTRATION');

export const flag = z.object({ codename: z.string(), isActive: z.boolean(), label: z.string() }).meta({ id: 'Flag' });
