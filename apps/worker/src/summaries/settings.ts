import { z } from 'zod';

/** The settings of the language model. Without its address there is none, and nobody is asked anything. */
export const languageModelEnvironment = z
  .object({
    GRANARY_LANGUAGE_MODEL_URL: z.url({ protocol: /^https?$/ }).optional(),
    GRANARY_LANGUAGE_MODEL: z.string().min(1).max(200).default('gpt-4o-mini'),
    GRANARY_LANGUAGE_MODEL_KEY: z.string().min(1).optional(),
    GRANARY_LANGUAGE_MODEL_TOKENS_PER_DAY: z.coerce.number().int().min(0).max(1e12).default(500_000),
    /** all: what organizations import for themselves is sent there as well. */
    GRANARY_LANGUAGE_MODEL_FOR: z.enum(['public', 'all']).default('public'),
    GRANARY_LANGUAGE_MODEL_MIN_USERS: z.coerce.number().int().min(0).default(1000),
  })
  .transform((env) =>
    env.GRANARY_LANGUAGE_MODEL_URL === undefined
      ? undefined
      : {
          url: env.GRANARY_LANGUAGE_MODEL_URL,
          model: env.GRANARY_LANGUAGE_MODEL,
          key: env.GRANARY_LANGUAGE_MODEL_KEY,
          tokensPerDay: env.GRANARY_LANGUAGE_MODEL_TOKENS_PER_DAY,
          own: env.GRANARY_LANGUAGE_MODEL_FOR === 'all',
          leastUsers: env.GRANARY_LANGUAGE_MODEL_MIN_USERS,
        },
  );
export type LanguageModelSettings = NonNullable<z.output<typeof languageModelEnvironment>>;
