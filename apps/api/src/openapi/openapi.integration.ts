import { actions } from '@granary/domain';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional(),
  responses: z.record(z.string(), z.unknown()),
});
const documentShape = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});
const response = await api.fetch('/openapi.json', { key: null });
const text = await response.text();
const document = documentShape.parse(JSON.parse(text));

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    expect(response.headers.get('content-type')).toContain('application/json');
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(text))).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test.for(actions.map(({ name, rest, summary }) => ({ name, rest, summary })))(
    'has $name',
    ({ name, rest, summary }) => {
      const found = document.paths[rest.path]?.[rest.method.toLowerCase()];
      expect(found).toMatchObject({ operationId: name, summary });
      expect(Object.keys(found?.responses ?? {})).toEqual([expect.stringMatching(/^20[01]$/), '4XX', '5XX']);
      const inPath = found?.parameters?.filter((each) => each.in === 'path').map((each) => each.name);
      expect(inPath).toEqual([...rest.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
    },
  );

  test('has the routes that are no actions', () => {
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/files',
        '/files/{uploadId}',
        '/health',
        '/v1/datasets/{datasetId}/loads/{versionId}/events',
        '/v1/datasets/{datasetId}/rows.csv',
        '/v1/datasets/{datasetId}/versions/{version}/original',
      ]),
    );
  });

  test('has every route that the server has, and none that it lacks', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    for (const route of documented) {
      const [method = '', url = ''] = route.split(' ');
      expect(api.app.hasRoute({ method: method as 'GET', url }), route).toBe(true);
    }
  });

  test('refers to nothing that is not there', () => {
    const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(document.components.schemas).toHaveProperty(name);
    expect(text).not.toContain('$defs');
  });

  test('says how each parameter is written', () => {
    const rows = document.paths['/v1/datasets/{datasetId}/rows']?.get?.parameters;
    const find = (name: string) => rows?.find((each) => each.name === name);
    expect(find('columns')).toMatchObject({ style: 'form', explode: false });
    expect(find('filter')).toHaveProperty('content');
    expect(find('limit')).toMatchObject({ schema: { type: 'integer', maximum: 1000 }, required: false });
  });
});

describe('/docs', () => {
  test('is one page, one script and the document, all from here', async () => {
    const page = await api.fetch('/docs/', { key: null });
    const html = await page.text();
    expect(page.status).toBe(200);
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(loaded).toEqual(['js/scalar.js']);
    const [configuration = '{}'] = /\{[\s\S]*"url"[\s\S]*?\}(?=\))/.exec(html) ?? [];
    expect(configuration).toContain('"/openapi.json"');
    expect(configuration).toContain('"withDefaultFonts": false');

    const script = await api.fetch('/docs/js/scalar.js', { key: null });
    expect(script.headers.get('content-type')).toContain('javascript');
    expect((await script.text()).length).toBeGreaterThan(1_000_000);
  });

  test('could load nothing from elsewhere', async () => {
    const { headers } = await api.fetch('/docs/', { key: null });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    const sources = policy.split(/;\s*/).flatMap((directive) => directive.split(' ').slice(1));
    expect(new Set(sources)).toEqual(new Set(["'none'", "'self'", "'unsafe-inline'", 'data:', 'blob:']));
  });
});
