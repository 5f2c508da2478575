import jsonld from 'jsonld';
import { DataFactory, type Quad } from 'n3';
import { z } from 'zod';
import { checkJsonLd } from './check-json-ld.ts';
import { gatherQuads } from './gather-quads.ts';
import { invalid, unreadable } from './invalid-vocabulary.ts';

const { blankNode, literal, namedNode, quad } = DataFactory;

const node = z.object({ termType: z.enum(['NamedNode', 'BlankNode']), value: z.string() });
const statements = z.array(
  z.object({
    subject: node,
    predicate: node,
    object: z.union([
      node,
      z.object({ termType: z.literal('Literal'), value: z.string(), language: z.string().optional() }),
    ]),
  }),
);

/** JSON-LD 1.1, W3C Recommendation 2020, with its context in itself. Throws DomainError invalid, limit_reached. */
export async function readJsonLd(json: string): Promise<Quad[]> {
  const document: unknown = parse(json);
  checkJsonLd(document);
  try {
    const said = await jsonld.toRDF(document, {
      documentLoader: async (url: string) => {
        throw invalid(`a context is not fetched from elsewhere: ${url.slice(0, 200)}`);
      },
    });
    return await gatherQuads(statements.parse(said).map(quadOf));
  } catch (cause) {
    throw unreadable('JSON-LD', cause);
  }
}

function quadOf({ subject, predicate, object }: z.output<typeof statements>[number]): Quad {
  const said = object.termType === 'Literal' ? literal(object.value, object.language) : nodeOf(object);
  return quad(nodeOf(subject), namedNode(predicate.value), said);
}

const nodeOf = ({ termType, value }: z.output<typeof node>) =>
  termType === 'BlankNode' ? blankNode(value.replace(/^_:/, '')) : namedNode(value);

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw unreadable('JSON', cause);
  }
}
