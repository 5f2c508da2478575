import { Store, type Term } from 'n3';
import { DomainError } from '../../errors/domain-error.ts';
import type { VocabularyFormat } from './formats.ts';
import { invalid } from './invalid-vocabulary.ts';
import { readQuads } from './read-quads.ts';
import { type Concept, rdfType, skos } from './vocabulary.ts';

const mostConcepts = 5000;

/**
 * The concepts of a SKOS vocabulary, broader ones first. A label in English or in no language is the name, else the first one;
 * labels in other languages are kept among the other names. Throws DomainError invalid for what is not of the format, and for concepts that make
 * no tree: with two broader ones, in a circle, without a label or an IRI.
 */
export async function readConcepts(format: VocabularyFormat, text: string): Promise<Concept[]> {
  const store = new Store(await readQuads[format](text));
  const uris = store.getSubjects(rdfType, skos.concept, null).map((subject) => {
    if (subject.termType !== 'NamedNode') throw invalid('a concept has an IRI');
    if (!/^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$/.test(subject.value))
      throw invalid(`${subject.value} is no absolute IRI`);
    return subject.value;
  });
  if (uris.length > mostConcepts)
    throw new DomainError('limit_reached', `at most ${mostConcepts} concepts at once`, { concepts: uris.length });
  return broaderFirst(uris.map((uri) => conceptOf(store, uri)));
}

function conceptOf(store: Store, uri: string): Concept {
  const broader = new Set([
    ...store.getObjects(uri, skos.broader, null).map(({ value }) => value),
    ...store.getSubjects(skos.narrower, uri, null).map(({ value }) => value),
  ]);
  if (broader.size > 1) throw invalid(`${uri} has two broader concepts, and stands in a tree only once`);
  const [parent = null] = broader;
  const labels = store.getObjects(uri, skos.prefLabel, null).map(labelOf);
  const name =
    labels.find(({ language }) => language === null) ??
    labels.find(({ language }) => language?.startsWith('en')) ??
    labels[0];
  if (!name || name.value.trim() === '') throw invalid(`${uri} has no skos:prefLabel`);
  const others = [
    ...labels.filter((each) => each !== name),
    ...store.getObjects(uri, skos.altLabel, null).map(labelOf),
  ];
  const definitions = store.getObjects(uri, skos.definition, null).map(labelOf);
  const definition = definitions.find(({ language }) => language === name.language) ?? definitions[0];
  return {
    uri,
    parent,
    name: name.value.trim(),
    language: name.language,
    altLabels: others.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    definition: definition?.value ?? '',
  };
}

const labelOf = (term: Term) => ({
  value: term.value,
  language: term.termType === 'Literal' && term.language !== '' ? term.language : null,
});

function broaderFirst(concepts: readonly Concept[]): Concept[] {
  const children = Map.groupBy(concepts, ({ parent }) => parent);
  const known = new Set(concepts.map(({ uri }) => uri));
  // what is broader than anything here, but not here itself, may be in the tree already
  const sorted = concepts.filter(({ parent }) => parent === null || !known.has(parent));
  for (const { uri } of sorted) sorted.push(...(children.get(uri) ?? []));
  const placed = new Set(sorted);
  const lost = concepts.find((each) => !placed.has(each));
  if (lost) throw invalid(`${lost.uri} is broader than itself, by way of others`);
  return sorted;
}
