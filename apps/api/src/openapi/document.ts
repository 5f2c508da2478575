import { actions } from '@granary/domain';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { kinds } from '../errors/kinds.ts';
import { Components } from './components.ts';
import { type Operation, operationOf } from './operations.ts';
import { streamPaths, uploadPaths } from './stream-operations.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    kind: z.enum([...Object.keys(kinds), 'internal']),
    details: z.record(z.string(), z.unknown()),
    instance: z.string().meta({ description: 'The request’s id, to look it up in the log' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const health: Operation = {
  operationId: 'health',
  summary: 'Whether the service works; also /health/live, /health/ready and /health/database',
  tags: ['health'],
  security: [],
  responses: { 200: { description: 'It does' }, 503: { description: 'It does not' } },
};

/** The OpenAPI 3.1 document of everything under /v1 and /files, generated from the registry of actions. */
export function createDocument(): object {
  const components = new Components();
  const paths: Record<string, Record<string, Operation>> = { ...streamPaths(components), ...uploadPaths };
  for (const action of actions) {
    const { method, path } = action.rest;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(action, components) };
  }
  const problemSchema = components.add(problem, 'output');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Granary',
      version: packageJson.version,
      description:
        'Typed clients use @granary/client; this is the same for everybody else. Lists in a query string are separated by commas, filters and orders are JSON.',
      license: { name: 'See the repository' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    tags: [...new Set(actions.map(({ name }) => name.split('.')[0])), 'files', 'health'].map((name) => ({ name })),
    paths: {
      ...Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
      '/health': { get: health },
    },
    components: {
      schemas: components.schemas,
      responses: {
        Problem: { description: 'What went wrong', content: { 'application/problem+json': { schema: problemSchema } } },
      },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'grn_…', description: 'An API key of one’s own' },
      },
    },
  };
}
