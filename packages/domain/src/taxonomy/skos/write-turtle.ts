import { DataFactory, type Quad_Object, Writer } from 'n3';
import { type Concept, prefixes, rdfType, skos } from './vocabulary.ts';

const { namedNode, literal, quad } = DataFactory;

/** Concepts as Turtle, in the order that they come in, as one scheme. */
export async function writeTurtle(scheme: string, concepts: readonly Concept[]): Promise<string> {
  // an IRI of that scheme would be written as if it were shortened
  const isAmbiguous = concepts.some(({ uri }) => uri.startsWith('skos:'));
  const writer = new Writer({ prefixes: isAmbiguous ? {} : prefixes, format: 'text/turtle' });
  const say = (subject: string, predicate: string, object: Quad_Object) =>
    writer.addQuad(quad(namedNode(subject), namedNode(predicate), object));
  const text = (value: string, language: string | null) => literal(value, language ?? undefined);
  say(scheme, rdfType, namedNode(skos.scheme));
  for (const { uri, parent, name, language, altLabels, definition } of concepts) {
    say(uri, rdfType, namedNode(skos.concept));
    say(uri, skos.inScheme, namedNode(scheme));
    say(uri, skos.prefLabel, text(name, language));
    for (const each of altLabels) say(uri, skos.altLabel, text(each.value, each.language));
    if (definition !== '') say(uri, skos.definition, text(definition, language));
    if (parent === null) say(uri, skos.topConceptOf, namedNode(scheme));
    else say(uri, skos.broader, namedNode(parent));
  }
  return new Promise((resolve, reject) =>
    writer.end((error: Error | null, turtle: string) => (error ? reject(error) : resolve(turtle))),
  );
}
