import { Parser, type Quad } from 'n3';
import { gatherQuads } from './gather-quads.ts';
import { unreadable } from './invalid-vocabulary.ts';

/** Throws DomainError invalid, limit_reached. */
export async function readTurtle(turtle: string): Promise<Quad[]> {
  try {
    return await gatherQuads(new Parser({ format: 'text/turtle' }).parse(turtle));
  } catch (cause) {
    throw unreadable('Turtle', cause);
  }
}
