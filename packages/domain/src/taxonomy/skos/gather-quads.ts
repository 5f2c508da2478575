import type { Quad, Term } from 'n3';
import { DomainError } from '../../errors/domain-error.ts';

const mostQuads = 200_000;
const mostCharacters = 50_000_000;

/**
 * The statements of a text, as far as they are no more than a vocabulary has: a prefix, a base or an entity that is long and used often
 * would make much of little. Throws DomainError limit_reached.
 */
export async function gatherQuads(stream: AsyncIterable<Quad> | Iterable<Quad>): Promise<Quad[]> {
  const quads: Quad[] = [];
  let characters = 0;
  for await (const quad of stream) {
    characters += sizeOf(quad.subject) + sizeOf(quad.predicate) + sizeOf(quad.object);
    if (quads.push(quad) > mostQuads || characters > mostCharacters)
      throw new DomainError(
        'limit_reached',
        `at most ${mostQuads} statements of ${mostCharacters} characters together`,
      );
  }
  return quads;
}

const sizeOf = (term: Term): number => term.value.length;
