import type { Quad } from 'n3';
import type { VocabularyFormat } from './formats.ts';

/** Of each format's reader only the one that is asked for is loaded. */
export const readQuads = {
  turtle: async (text) => (await import('./read-turtle.ts')).readTurtle(text),
  'json-ld': async (text) => (await import('./read-json-ld.ts')).readJsonLd(text),
  'rdf-xml': async (text) => (await import('./read-rdf-xml.ts')).readRdfXml(text),
} satisfies Record<VocabularyFormat, (text: string) => Promise<Quad[]>>;
