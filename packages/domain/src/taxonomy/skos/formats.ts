import { z } from 'zod';

export const vocabularyFormat = z
  .enum(['turtle', 'json-ld', 'rdf-xml'])
  .default('turtle')
  .meta({ description: 'turtle; json-ld with its context in itself; rdf-xml' });
export type VocabularyFormat = z.output<typeof vocabularyFormat>;
