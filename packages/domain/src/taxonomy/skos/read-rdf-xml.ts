import { Readable } from 'node:stream';
import type { Quad } from 'n3';
import { RdfXmlParser } from 'rdfxml-streaming-parser';
import { DomainError } from '../../errors/domain-error.ts';
import { gatherQuads } from './gather-quads.ts';
import { invalid, unreadable } from './invalid-vocabulary.ts';

const deepest = 100;
const mostExpanded = 5_000_000;
const mostAttributes = 200;
const longestBase = 2000;
/** So few characters at once that what they say is counted before there is much of it. */
const piece = 4096;

/**
 * RDF 1.1 XML Syntax, W3C Recommendation 2014. Entities that the text declares are read, as vocabularies shorten IRIs by them; none from
 * elsewhere, and none of entities. Throws DomainError invalid, limit_reached.
 */
export async function readRdfXml(xml: string): Promise<Quad[]> {
  requireSmallEntities(xml);
  const parser = new ShallowRdfXmlParser();
  Readable.from(pieces(xml)).pipe(parser);
  try {
    return await gatherQuads(parser);
  } catch (cause) {
    throw unreadable('RDF/XML', cause);
  }
}

/** Where elements are deep, the parser looks through all of them for each prefix. */
class ShallowRdfXmlParser extends RdfXmlParser {
  #depth = 0;

  protected override onTag(tag: Parameters<RdfXmlParser['onTag']>[0]): void {
    this.#depth += 1;
    if (this.#depth > deepest) throw invalid(`elements are more than ${deepest} deep in each other`);
    const { 'xml:base': base } = tag.attributes;
    if (base && base.value.length > longestBase) throw invalid(`a base of more than ${longestBase} characters`);
    if (Object.keys(tag.attributes).length > mostAttributes)
      throw invalid(`an element of more than ${mostAttributes} attributes`);
    super.onTag(tag);
  }

  protected override onCloseTag(): void {
    this.#depth -= 1;
    super.onCloseTag();
  }
}

function requireSmallEntities(xml: string): void {
  const sizes = new Map<string, number>();
  for (const [, name = '', value = ''] of xml.matchAll(/<!ENTITY\s+([^\s%]+)\s+["']([^"']*)["']/g)) {
    if (value.includes('&')) throw invalid(`the entity ${name.slice(0, 100)} holds an entity`);
    sizes.set(name, Math.max(value.length, sizes.get(name) ?? 0));
  }
  if (sizes.size === 0) return;
  let expanded = 0;
  for (const [, name = ''] of xml.matchAll(/&([^;\s&]{1,200});/g)) {
    expanded += sizes.get(name) ?? 0;
    if (expanded > mostExpanded)
      throw new DomainError('limit_reached', `entities stand for more than ${mostExpanded} characters`);
  }
}

function* pieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += piece) yield text.slice(at, at + piece);
}
