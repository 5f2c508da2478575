import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VocabularyFormat } from './formats.ts';
import { readConcepts } from './read-concepts.ts';
import type { Concept } from './vocabulary.ts';
import { writeConcepts } from './write-concepts.ts';

const formats = ['turtle', 'json-ld', 'rdf-xml'] as const satisfies readonly VocabularyFormat[];

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .map((value) => `x${value}y`)
  .filter((value) => !/(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(value));
const language = fc.option(fc.constantFrom('en', 'de', 'de-at', 'zh-hant'));
/** Some look as if a format could take them to be shortened. */
const iri = fc
  .tuple(
    fc.constantFrom('https://v.example/', 'https://v.example/?a=1&b=', 'urn:uuid:', 'skos:', 'prefLabel:', 'Concept:'),
    fc.stringMatching(/^[A-Za-z0-9_~'()*,;=@$!-]{1,12}$/),
  )
  .map((parts) => parts.join(''));
const tree = fc
  .uniqueArray(
    fc.record({
      uri: iri,
      name: text,
      language,
      altLabels: fc.uniqueArray(fc.record({ value: text, language }), {
        maxLength: 3,
        selector: (each) => JSON.stringify(each),
      }),
      definition: fc.oneof(fc.constant(''), text),
      below: fc.nat(6),
    }),
    { maxLength: 6, selector: ({ uri }) => uri },
  )
  .map((nodes): Concept[] =>
    nodes.map(({ below, ...concept }, at) => ({
      ...concept,
      parent: below < at ? (nodes[below]?.uri ?? null) : null,
      altLabels: concept.altLabels.filter(({ value }) => value !== concept.name),
    })),
  );
const byUri = (concepts: readonly Concept[]) =>
  new Map(
    concepts.map(({ altLabels, ...concept }) => [
      concept.uri,
      { ...concept, altLabels: new Set(altLabels.map((each) => JSON.stringify(each))) },
    ]),
  );

test.each(formats)('what is written as %s is read as it was', async (format) => {
  await fc.assert(
    fc.asyncProperty(tree, async (concepts) => {
      const written = await writeConcepts[format]('urn:uuid:scheme', concepts);
      expect(byUri(await readConcepts(format, written))).toEqual(byUri(concepts));
    }),
    { numRuns: 200 },
  );
});

test.each(formats)('whatever text comes as %s, it is read or refused', async (format) => {
  const whole = await writeConcepts[format]('urn:uuid:scheme', [
    { uri: 'urn:a', parent: null, name: 'a', language: 'en', altLabels: [], definition: 'd' },
  ]);
  const broken = fc
    .record({ at: fc.nat(whole.length), cut: fc.nat(20), put: fc.string({ maxLength: 5 }) })
    .map(({ at, cut, put }) => whole.slice(0, at) + put + whole.slice(at + cut));
  await fc.assert(
    fc.asyncProperty(fc.oneof(broken, fc.string()), async (vocabulary) => {
      await readConcepts(format, vocabulary).catch((error: unknown) =>
        expect(error).toMatchObject({ name: 'DomainError' }),
      );
    }),
    { numRuns: 300 },
  );
});

const skos = 'http://www.w3.org/2004/02/skos/core#';
const rdf = (body: string, doctype = '') =>
  `<?xml version="1.0"?>${doctype}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="${skos}">${body}</rdf:RDF>`;

test('RDF/XML as others write it: shortened by entities, typed by a property, with a base', async () => {
  const vocabulary = rdf(
    `<rdf:Description rdf:about="&v;bird"><rdf:type rdf:resource="${skos}Concept"/><skos:prefLabel xml:lang="de">Vogel</skos:prefLabel>
       <skos:broader><skos:Concept rdf:about="&v;animal" skos:prefLabel="Tier"/></skos:broader></rdf:Description>
     <skos:Concept xml:base="https://v.example/" rdf:about="fish"><skos:prefLabel><![CDATA[F&sh]]></skos:prefLabel></skos:Concept>`,
    '<!DOCTYPE rdf:RDF [<!ENTITY v "https://v.example/">]>',
  );
  expect(await readConcepts('rdf-xml', vocabulary)).toMatchObject([
    { uri: 'https://v.example/animal', name: 'Tier', parent: null },
    { uri: 'https://v.example/fish', name: 'F&sh' },
    { uri: 'https://v.example/bird', name: 'Vogel', language: 'de', parent: 'https://v.example/animal' },
  ]);
});

test('JSON-LD as others write it: expanded, and compacted by labels of each language', async () => {
  const expanded = [
    { '@id': 'urn:a', '@type': [`${skos}Concept`], [`${skos}prefLabel`]: [{ '@value': 'a', '@language': 'en' }] },
  ];
  expect(await readConcepts('json-ld', JSON.stringify(expanded))).toMatchObject([{ uri: 'urn:a', name: 'a' }]);
  const compacted = {
    '@graph': [{ id: 'v:a', type: 'skos:Concept', label: { en: 'a', de: 'b' } }],
    '@context': [
      null,
      {
        skos,
        v: 'https://v.example/',
        id: '@id',
        type: '@type',
        label: { '@id': 'skos:prefLabel', '@container': '@language' },
      },
    ],
  };
  expect(await readConcepts('json-ld', JSON.stringify(compacted))).toMatchObject([
    { uri: 'https://v.example/a', name: 'a', altLabels: [{ value: 'b', language: 'de' }] },
  ]);
});

describe('what is too much, or elsewhere, is refused', () => {
  const concept = { '@id': 'urn:a', '@type': `${skos}Concept`, [`${skos}prefLabel`]: 'a' };
  const elsewhere = 'not fetched from elsewhere';
  const deep = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
  const xmlDeep = (depth: number) => rdf('<skos:a>'.repeat(depth) + '</skos:a>'.repeat(depth));
  const manyUses = (size: number, uses: number) =>
    rdf(
      `<skos:Concept rdf:about="urn:a"><skos:prefLabel>${'&e;'.repeat(uses)}</skos:prefLabel></skos:Concept>`,
      `<!DOCTYPE x [<!ENTITY e "${'x'.repeat(size)}">]>`,
    );
  test.each<[VocabularyFormat, string, string]>([
    ['json-ld', JSON.stringify({ '@context': 'https://c.example/skos.json', ...concept }), elsewhere],
    ['json-ld', JSON.stringify({ '@context': [{}, 'https://c.example/skos.json'], ...concept }), elsewhere],
    ['json-ld', JSON.stringify({ '@context': { '@import': 'https://c.example/' }, ...concept }), elsewhere],
    ['json-ld', `{"@context":"https://c.example/","@context":"https://c.example/2"}`, elsewhere],
    ['json-ld', JSON.stringify({ '@context': { T: { '@id': 'urn:t', '@context': {} } }, ...concept }), 'of its own'],
    ['json-ld', JSON.stringify({ '@graph': [{ '@context': {}, ...concept }] }), 'once, at the top'],
    [
      'json-ld',
      JSON.stringify({ '@context': Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`t${at}`, 'urn:t'])) }),
      '1000 terms',
    ],
    ['json-ld', deep(2_000_000), 'deep in each other'],
    ['json-ld', '"a"', 'neither an object nor a list'],
    ['json-ld', '{', 'no JSON'],
    ['rdf-xml', xmlDeep(200_000), 'deep in each other'],
    ['rdf-xml', manyUses(100_000, 60), '5000000 characters'],
    ['rdf-xml', rdf('', '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'), 'holds an entity'],
    ['rdf-xml', rdf('&nobody;'), 'no RDF/XML'],
    ['rdf-xml', rdf('<skos:Concept'), 'no RDF/XML'],
    [
      'rdf-xml',
      rdf(
        `<skos:Concept xml:base="urn:${'x'.repeat(1_000_000)}/">${'<skos:a rdf:resource="#b"/>'.repeat(1000)}</skos:Concept>`,
      ),
      '2000 characters',
    ],
    ['turtle', `@prefix v: <urn:${'x'.repeat(1_000_000)}> . ${'v:a v:b v:c . '.repeat(1000)}`, 'characters together'],
  ])('%s %#', async (format, vocabulary, reason) => {
    await expect(readConcepts(format, vocabulary)).rejects.toMatchObject({
      name: 'DomainError',
      message: expect.stringContaining(reason),
    });
  });

  test('and what XML has no place for is not written as if it had', async () => {
    const concepts = [{ uri: 'urn:a', parent: null, name: 'a\u0001', language: null, altLabels: [], definition: '' }];
    await expect(writeConcepts['rdf-xml']('urn:s', concepts)).rejects.toMatchObject({ kind: 'precondition' });
  });
});
