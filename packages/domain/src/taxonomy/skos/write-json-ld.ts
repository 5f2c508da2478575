import { type Concept, skos } from './vocabulary.ts';

/** Terms that are defined at length are none that an IRI could be taken to be shortened by. */
const context = {
  Concept: { '@id': skos.concept },
  ConceptScheme: { '@id': skos.scheme },
  inScheme: { '@id': skos.inScheme, '@type': '@id' },
  topConceptOf: { '@id': skos.topConceptOf, '@type': '@id' },
  broader: { '@id': skos.broader, '@type': '@id' },
  prefLabel: { '@id': skos.prefLabel },
  altLabel: { '@id': skos.altLabel },
  definition: { '@id': skos.definition },
};

/** Concepts as JSON-LD, in the order that they come in, as one scheme; its context is in itself. */
export async function writeJsonLd(scheme: string, concepts: readonly Concept[]): Promise<string> {
  const things = concepts.map(({ uri, parent, name, language, altLabels, definition }) => ({
    '@id': uri,
    '@type': 'Concept',
    inScheme: scheme,
    prefLabel: text(name, language),
    altLabel: altLabels.length > 0 ? altLabels.map((each) => text(each.value, each.language)) : undefined,
    definition: definition === '' ? undefined : text(definition, language),
    ...(parent === null ? { topConceptOf: scheme } : { broader: parent }),
  }));
  const graph = [{ '@id': scheme, '@type': 'ConceptScheme' }, ...things];
  return `${JSON.stringify({ '@context': context, '@graph': graph }, null, 2)}\n`;
}

const text = (value: string, language: string | null) =>
  language === null ? { '@value': value } : { '@value': value, '@language': language };
