import { z } from 'zod';
import { parseInput } from '../errors/parse-input.ts';

const text = z.string().max(10_000);
const common = {
  license: text.optional().meta({ description: 'SPDX expression, or words' }),
  citation: text.optional(),
  homepage: text.optional(),
  keywords: z.array(text).max(1000).optional(),
};

/** What is said of a version, by what it is one of. Fields beside these are their writer's. The same as app.is_metadata. */
export const metadataOf = {
  dataset: z.looseObject(common).meta({ id: 'DatasetMetadata' }),
  model: z
    .looseObject({
      ...common,
      framework: text.optional(),
      task: text.optional(),
      hyperparameters: z.record(z.string(), z.unknown()).optional(),
      metrics: z.record(z.string(), z.number()).optional(),
      artifact: z
        .looseObject({
          uri: text,
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/)
            .optional(),
        })
        .optional()
        .meta({ description: 'Where its weights are' }),
    })
    .meta({ id: 'ModelMetadata' }),
  edge: z
    .looseObject({
      license: common.license,
      homepage: common.homepage,
      keywords: common.keywords,
      documentation: text.optional(),
    })
    .meta({ id: 'EdgeMetadata' }),
} as const;

const mostBytes = 65_536;

/** As inputs take it, before it is known of what it is. */
export const metadata = z
  .record(z.string(), z.unknown())
  .refine((value) => z.json().safeParse(value).success, 'is no JSON')
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= mostBytes / 2, 'is too large: 32 kB at most')
  .meta({
    description: 'License, citation, homepage, keywords; of a model also framework, task, metrics …; and what you like',
  });

/** Throws DomainError invalid, which names the field. */
export const requireMetadata = (kind: keyof typeof metadataOf, value: unknown): void => {
  parseInput(z.object({ metadata: metadataOf[kind] }), { metadata: value });
};
