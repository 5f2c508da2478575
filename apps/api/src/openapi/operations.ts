import type { Action } from '@granary/domain';
import type { z } from 'zod';
import { isInAddress, parametersOf, successStatus } from '../rest/action-routes.ts';
import { type JsonSchema, jsonSchemaOf } from '../rest/json-schema.ts';
import { type Spelling, spellingsOf } from '../rest/read-query.ts';
import type { Components } from './components.ts';

export interface Operation {
  readonly operationId: string;
  readonly [field: string]: unknown;
}
type Described = Pick<Action, 'name' | 'summary' | 'access'>;

export const failures = {
  '4XX': { $ref: '#/components/responses/Problem' },
  '5XX': { $ref: '#/components/responses/Problem' },
};

/** An action as an OpenAPI operation. */
export function operationOf(action: Action, components: Components): Operation {
  return {
    ...describe(action),
    ...inputOf(action.rest, action.input, components),
    responses: {
      [successStatus(action)]: {
        description: 'Done',
        content: { 'application/json': { schema: components.add(action.output, 'output') } },
      },
      ...failures,
    },
  };
}

/** What is said of every operation. */
export function describe({ name, summary, access }: Described): Operation {
  const needs = access === 'user' ? 'any valid credential' : `the permission \`${access}\``;
  return { operationId: name, summary, description: `Needs ${needs}.`, tags: [name.split('.')[0]] };
}

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  description: 'The ETag of what you saw, instead of `revision`',
  schema: { type: 'string' },
};

/** Where an input travels: path, query string, body. */
export function inputOf(rest: Action['rest'], input: z.ZodType, components: Components) {
  const inPath = new Set(parametersOf(rest.path));
  const { properties = {}, required: needed = [], ...schema } = components.add(input, 'input');
  const hasRevision = 'revision' in properties;
  const required = hasRevision ? needed.filter((name) => name !== 'revision') : needed; // or as a header
  const spellings = spellingsOf(jsonSchemaOf(input, 'input'));
  const inAddress = Object.entries(properties)
    .filter(([name]) => inPath.has(name) || isInAddress(rest))
    .map(([name, field]) =>
      inPath.has(name)
        ? { name, in: 'path', required: true, schema: field }
        : { ...queryParameter(name, field, spellings.get(name) ?? 'text'), required: required.includes(name) },
    );
  const parameters = hasRevision ? [...inAddress, ifMatch] : inAddress;
  if (isInAddress(rest)) return { parameters };
  const inBody = Object.entries(properties).filter(([name]) => !inPath.has(name));
  const body = {
    ...schema,
    properties: Object.fromEntries(inBody),
    required: required.filter((name) => !inPath.has(name)),
  };
  return { parameters, requestBody: { required: true, content: { 'application/json': { schema: body } } } };
}

function queryParameter(name: string, schema: JsonSchema, spelling: Spelling) {
  const description = schema.description === undefined ? {} : { description: schema.description };
  const common = { name, in: 'query', ...description };
  if (spelling === 'json') return { ...common, content: { 'application/json': { schema } } };
  return spelling === 'list' ? { ...common, schema, style: 'form', explode: false } : { ...common, schema };
}
