import type { VocabularyFormat } from './formats.ts';
import type { Concept } from './vocabulary.ts';
import { writeJsonLd } from './write-json-ld.ts';
import { writeRdfXml } from './write-rdf-xml.ts';
import { writeTurtle } from './write-turtle.ts';

export const writeConcepts = {
  turtle: writeTurtle,
  'json-ld': writeJsonLd,
  'rdf-xml': writeRdfXml,
} satisfies Record<VocabularyFormat, (scheme: string, concepts: readonly Concept[]) => Promise<string>>;
