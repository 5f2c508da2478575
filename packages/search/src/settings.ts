import { z } from 'zod';

const url = z.url({ protocol: /^https?$/ });

/** The settings of search, of api and worker alike. */
export const searchEnvironment = z
  .object({
    /** local: the model that comes along. off: words alone. Else the address of an endpoint that speaks as OpenAI's. */
    GRANARY_EMBEDDINGS: z.union([z.enum(['local', 'off']), url]).default('local'),
    GRANARY_EMBEDDINGS_MODEL: z.string().min(1).max(200).default('text-embedding-3-small'),
    GRANARY_EMBEDDINGS_KEY: z.string().min(1).optional(),
    GRANARY_EMBEDDINGS_DIMENSIONS: z.coerce.number().int().min(1).max(8192).optional(),
    /** postgres, or the address of an index at Pinecone. */
    GRANARY_VECTOR_STORE: z.union([z.literal('postgres'), url]).default('postgres'),
    GRANARY_PINECONE_KEY: z.string().min(1).optional(),
  })
  .transform((env, context) => {
    if (env.GRANARY_VECTOR_STORE !== 'postgres' && env.GRANARY_PINECONE_KEY === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['GRANARY_PINECONE_KEY'],
        message: 'is needed for GRANARY_VECTOR_STORE',
      });
      return z.NEVER;
    }
    return {
      embeddings: env.GRANARY_EMBEDDINGS,
      model: env.GRANARY_EMBEDDINGS_MODEL,
      key: env.GRANARY_EMBEDDINGS_KEY,
      dimensions: env.GRANARY_EMBEDDINGS_DIMENSIONS,
      vectorStore: env.GRANARY_VECTOR_STORE,
      pineconeKey: env.GRANARY_PINECONE_KEY,
    };
  });
export type SearchSettings = z.output<typeof searchEnvironment>;
