import type { JsonLdDocument } from 'jsonld';
import { DomainError } from '../../errors/domain-error.ts';
import { invalid } from './invalid-vocabulary.ts';

const deepest = 100;
const mostTerms = 1000;
const mostValues = 300_000;

/**
 * Refuses what would have to be fetched, or be read again for each thing: a context stands once, at the top, and holds terms alone.
 * Throws DomainError invalid.
 */
export function checkJsonLd(document: unknown): asserts document is JsonLdDocument {
  if (!isObject(document)) throw invalid('no JSON-LD: neither an object nor a list');
  const { '@context': context } = Array.isArray(document) ? {} : Object.fromEntries(Object.entries(document));
  for (const each of [context].flat(1)) checkContext(each);
  const left = Object.entries(document).flatMap(([key, value]) => (key === '@context' ? [] : [{ value, depth: 1 }]));
  let values = 0;
  for (let next = left.pop(); next; next = left.pop()) {
    const { value, depth } = next;
    values += 1;
    if (values > mostValues) throw new DomainError('limit_reached', `at most ${mostValues} values at once`);
    if (!isObject(value)) continue;
    if (depth > deepest) throw invalid(`things are more than ${deepest} deep in each other`);
    if (Object.hasOwn(value, '@context')) throw invalid('a context stands once, at the top');
    for (const inner of Object.values(value)) left.push({ value: inner, depth: depth + 1 });
  }
}

function checkContext(context: unknown): void {
  if (context === undefined || context === null) return;
  if (typeof context === 'string') throw fetched(context);
  if (!isObject(context) || Array.isArray(context)) throw invalid('a context is an object');
  const terms = Object.entries(context);
  if (terms.length > mostTerms) throw invalid(`a context of more than ${mostTerms} terms`);
  for (const [term, definition] of terms) {
    if (term === '@import') throw fetched(String(definition));
    if (isObject(definition) && Object.hasOwn(definition, '@context'))
      throw invalid(`the term ${term.slice(0, 100)} has a context of its own`);
  }
}

const fetched = (url: string) =>
  invalid(`a context is not fetched from elsewhere: put what ${url.slice(0, 200)} says into the file`);

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
