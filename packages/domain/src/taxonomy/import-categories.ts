import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { vocabularyFormat } from './skos/formats.ts';
import { readConcepts } from './skos/read-concepts.ts';

const counts = z.object({ created: z.int(), changed: z.int() });

export const importCategories = defineMutation({
  name: 'taxonomy.import',
  summary: 'Take the concepts of a SKOS vocabulary for categories; one that is there already is brought up to date',
  access: 'taxonomy:write',
  rest: { method: 'POST', path: '/v1/categories/import' },
  input: z.object({
    format: vocabularyFormat,
    vocabulary: z.string().max(5_000_000).meta({ description: 'SKOS: nothing is fetched that it names' }),
  }),
  output: counts,
  audit: { entityType: 'taxonomy', entityId: () => null, details: (_input, output) => output },
  async run({ db }, { format, vocabulary }) {
    const concepts = JSON.stringify(await readConcepts(format, vocabulary));
    const { rows } = await sql`select created, changed from app.import_categories(${concepts}::jsonb)`.execute(db);
    return counts.parse(rows[0]);
  },
});
