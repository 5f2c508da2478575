import { type Action, beginExport, getLoad, openOriginal } from '@granary/domain';
import { csvInput } from '../exports/csv-route.ts';
import { loadEventsPath } from '../loads/load-events-route.ts';
import { currentOriginalPath } from '../originals/original-routes.ts';
import type { Components } from './components.ts';
import { describe, failures, inputOf, type Operation } from './operations.ts';

type Paths = Record<string, Record<string, Operation>>;

const binary = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: { type: 'string', description } } },
});
const file = binary('application/octet-stream', 'The bytes');

/** The routes that answer with something else than JSON. */
export function streamPaths(components: Components): Paths {
  const loadEvents = { method: 'GET', path: loadEventsPath } satisfies Action['rest'];
  const currentOriginal = { method: 'GET', path: currentOriginalPath } satisfies Action['rest'];
  const range = { name: 'Range', in: 'header', schema: { type: 'string' }, description: 'For example bytes=0-999' };
  const original = (rest: Action['rest'], operationId: string): Operation => {
    const input = inputOf(rest, openOriginal.input, components);
    return {
      ...describe(openOriginal),
      operationId,
      parameters: [...input.parameters, range],
      responses: { 200: file, 206: file, 304: { description: 'Not modified' }, ...failures },
    };
  };
  return {
    [beginExport.rest.path]: {
      get: {
        ...describe(beginExport),
        ...inputOf(beginExport.rest, csvInput, components),
        responses: { 200: binary('text/csv', 'CSV (RFC 4180), UTF-8'), ...failures },
      },
    },
    [loadEventsPath]: {
      get: {
        ...describe({ ...getLoad, name: 'datasets.loadEvents', summary: 'Follow a load as server-sent events' }),
        ...inputOf(loadEvents, getLoad.input, components),
        responses: {
          200: binary('text/event-stream', 'Events `load`, each with a Load as JSON; `error` with a Problem'),
          204: { description: 'Nothing comes after Last-Event-ID' },
          ...failures,
        },
      },
    },
    [openOriginal.rest.path]: { get: original(openOriginal.rest, 'datasets.original') },
    [currentOriginalPath]: { get: original(currentOriginal, 'datasets.currentOriginal') },
  };
}

const header = (name: string, schema: object, required = true) => ({ name, in: 'header', required, schema });
const size = { type: 'integer', minimum: 0 };
const uploadId = { name: 'uploadId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const version = header('Tus-Resumable', { const: '1.0.0' });
const offset = { 'Upload-Offset': { schema: size, description: 'How many bytes have arrived' } };

function tus(operationId: string, summary: string, parameters: object[], responses: object): Operation {
  const description = 'The tus protocol 1.0.0 (tus.io). Needs the permission `dataset:write`.';
  return { operationId, summary, description, tags: ['files'], parameters, responses: { ...responses, ...failures } };
}

/** Uploads, for those who do not use a tus client. */
export const uploadPaths: Paths = {
  '/files': {
    post: tus(
      'files.create',
      'Begin an upload; Location names it',
      [version, header('Upload-Length', size), header('Upload-Metadata', { type: 'string' }, false)],
      { 201: { description: 'Begun', headers: { Location: { schema: { type: 'string' } } } } },
    ),
  },
  '/files/{uploadId}': {
    head: tus('files.offset', 'Where to go on', [uploadId, version], {
      200: { description: 'Known', headers: offset },
    }),
    patch: {
      ...tus('files.append', 'Send bytes from an offset on', [uploadId, version, header('Upload-Offset', size)], {
        204: { description: 'Stored; after the last byte the upload is finished', headers: offset },
      }),
      requestBody: { required: true, content: { 'application/offset+octet-stream': { schema: { type: 'string' } } } },
    },
    delete: tus('files.abort', 'Give the upload up', [uploadId, version], { 204: { description: 'Gone' } }),
  },
};
