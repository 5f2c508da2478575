import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { selectCategories } from './category-query.ts';
import { type Category, category } from './schema.ts';
import { vocabularyFormat } from './skos/formats.ts';
import type { Concept } from './skos/vocabulary.ts';
import { writeConcepts } from './skos/write-concepts.ts';

const most = 20_000;

export const exportCategories = defineQuery({
  name: 'taxonomy.export',
  summary: 'Get the categories as a SKOS vocabulary: Turtle, JSON-LD or RDF/XML',
  access: 'taxonomy:read',
  rest: { method: 'GET', path: '/v1/categories/export' },
  input: z.object({ format: vocabularyFormat }),
  output: z.object({ format: z.enum(['turtle', 'json-ld', 'rdf-xml']), vocabulary: z.string() }),
  async run({ reader, identity: { tenantId } }, { format }) {
    const rows = await reader.rows(
      selectCategories(tenantId)
        .orderBy('id')
        .limit(most + 1),
    );
    if (rows.length > most) throw new DomainError('limit_reached', `more than ${most} categories`);
    const concepts = conceptsOf(rows.map((row) => category.parse(row)));
    return { format, vocabulary: await writeConcepts[format](`urn:uuid:${tenantId}`, concepts) };
  },
});

function conceptsOf(categories: readonly Category[]): Concept[] {
  const uris = new Map(categories.map(({ id, uri }) => [id, uri ?? `urn:uuid:${id}`]));
  return categories.map(({ id, parentId, name, language, altLabels, definition }) => ({
    uri: uris.get(id) ?? '',
    parent: parentId === null ? null : (uris.get(parentId) ?? null),
    name,
    language,
    altLabels,
    definition,
  }));
}
