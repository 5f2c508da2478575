import { type Action, actions, DomainError, type RestRoute } from '@granary/domain';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ServeAction } from '../actions/serve-action.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from './read-query.ts';
import { noteRevision, revisionSeen, unlessOutdated } from './revision-headers.ts';

/** Whether an input travels in the address; otherwise it is a JSON body. */
export const isInAddress = ({ method }: RestRoute): boolean => method === 'GET' || method === 'DELETE';
/** 201 for what makes something. */
export const successStatus = ({ kind, rest }: Action): 200 | 201 =>
  kind === 'mutation' && rest.method === 'POST' ? 201 : 200;
export const parametersOf = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
/** `{name}` of an action or of OpenAPI as Fastify's `:name`. */
export const fastifyPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

const fields = z.record(z.string(), z.unknown());

/** Serves every action of the registry at its REST route. */
export function registerActionRoutes(app: FastifyInstance, serve: ServeAction): void {
  for (const action of actions) {
    const read = inputReader(action);
    app.route({
      method: action.rest.method,
      url: fastifyPath(action.rest.path),
      handler: async (request: AddressedRequest, reply: FastifyReply) => {
        const output = await unlessOutdated(request, () => serve(action, request, reply, read(request)));
        noteRevision(reply, output);
        return reply.code(successStatus(action)).header('cache-control', 'no-store').send(output);
      },
    });
  }
}

/**
 * Reads an action's input from the path, and the query string or the body; the path wins. A field that the input does not have
 * is refused: a misspelled one must not be ignored, least of all where something is changed.
 */
function inputReader({ input, rest }: Action): (request: AddressedRequest) => unknown {
  const inPath = new Set(parametersOf(rest.path));
  const schema = jsonSchemaOf(input, 'input');
  const spellings = spellingsOf(schema);
  const inQuery = new Map(isInAddress(rest) ? [...spellings].filter(([name]) => !inPath.has(name)) : []);
  return (request) => {
    const query = readQuery(request.query, inQuery);
    const body = isInAddress(rest) ? query : bodyOf(request);
    const unknown = schema.properties && Object.keys(body).find((name) => !spellings.has(name));
    if (unknown !== undefined) throw unknownField(unknown, [...spellings.keys()]);
    return {
      ...body,
      ...readQuery(request.params, spellings),
      ...(spellings.has('revision') && revisionSeen(request, body)),
    };
  };
}

function bodyOf({ body }: AddressedRequest): Record<string, unknown> {
  const parsed = fields.safeParse(body ?? {});
  if (!parsed.success) throw new DomainError('invalid', 'the body is not a JSON object');
  return parsed.data;
}

const unknownField = (name: string, known: readonly string[]): DomainError =>
  new DomainError('invalid', `there is no field ${JSON.stringify(name.slice(0, 100))} here`, { fields: known });
