import { z } from 'zod';
import { type DeclaredFlag, declaredFlags } from './declared-flags.ts';
import type { FlagContext } from './evaluate-flag.ts';
import type { Flags } from './flags.ts';

export const evaluatedFlags = z.array(
  z
    .object({
      codename: z.string(),
      value: z.boolean(),
      reason: z
        .enum(['STATIC', 'DEFAULT', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'STALE', 'ERROR'])
        .describe('as OpenFeature names them'),
      errorCode: z.string().nullable().describe('why the value is what the code says'),
    })
    .meta({ id: 'EvaluatedFlag' }),
);

/** What a client may be told of, for somebody. What the code does not declare goes to none. */
export const evaluateFor = (
  flags: Flags,
  audiences: readonly DeclaredFlag['visibleTo'][],
  context: FlagContext,
): z.output<typeof evaluatedFlags> =>
  Object.entries<DeclaredFlag>(declaredFlags)
    .filter(([, { visibleTo }]) => audiences.includes(visibleTo))
    .map(([codename]) => {
      const { value, reason, errorCode = null } = flags.evaluate(codename, context);
      return { codename, value, reason, errorCode };
    });
