import { DomainError } from '../../errors/domain-error.ts';
import { type Concept, prefixes } from './vocabulary.ts';

/**
 * Concepts as RDF/XML, in the order that they come in, as one scheme. Throws DomainError precondition for a character that XML has no
 * place for.
 */
export async function writeRdfXml(scheme: string, concepts: readonly Concept[]): Promise<string> {
  const things = concepts.flatMap(({ uri, parent, name, language, altLabels, definition }) => [
    `  <skos:Concept rdf:about="${escaped(uri)}">`,
    refers('inScheme', scheme),
    says('prefLabel', name, language),
    ...altLabels.map((each) => says('altLabel', each.value, each.language)),
    ...(definition === '' ? [] : [says('definition', definition, language)]),
    parent === null ? refers('topConceptOf', scheme) : refers('broader', parent),
    '  </skos:Concept>',
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="${prefixes.skos}">`,
    `  <skos:ConceptScheme rdf:about="${escaped(scheme)}"/>`,
    ...things,
    '</rdf:RDF>',
    '',
  ].join('\n');
}

const refers = (property: string, iri: string) => `    <skos:${property} rdf:resource="${escaped(iri)}"/>`;
const says = (property: string, value: string, language: string | null) =>
  `    <skos:${property}${language === null ? '' : ` xml:lang="${escaped(language)}"`}>${escaped(value)}</skos:${property}>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** XML 1.0, section 2.2: what is a character. */
function escaped(value: string): string {
  if (/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(value))
    throw new DomainError('precondition', `XML has no place for a character of ${JSON.stringify(value.slice(0, 100))}`);
  return value.replace(/[&<>"\r]/g, (character) => entities[character] ?? character);
}
