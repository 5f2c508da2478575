import {
  type Action,
  beginAuditExport,
  beginExport,
  beginQuarantineExport,
  followAuditEvents,
  followNotifications,
  getLoad,
  getSourceRun,
  openCapture,
  openExport,
  openFeedFile,
  openOriginal,
  runLogs,
} from '@granary/domain';
import { auditStreamInput, auditStreamPath } from '../audit/audit-routes.ts';
import { quarantineCsvInput, quarantineJsonLinesPath } from '../exports/quarantine-routes.ts';
import { csvInput, jsonLinesPath } from '../exports/stream-routes.ts';
import { loadEventsPath } from '../loads/load-events-route.ts';
import { notificationStreamInput, notificationStreamPath } from '../notifications/notification-routes.ts';
import { currentOriginalPath } from '../originals/original-routes.ts';
import { pipelineRunEventsInput, pipelineRunEventsPath } from '../runs/pipeline-run-events-route.ts';
import { runEventsPath } from '../sources/run-events-route.ts';
import type { Components } from './components.ts';
import { describe, failures, inputOf, type Operation } from './operations.ts';

type Paths = Record<string, Record<string, Operation>>;

const binary = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: { type: 'string', description } } },
});
const file = binary('application/octet-stream', 'The bytes');

type DescribedFile = Pick<Action, 'name' | 'summary' | 'access' | 'input'>;

const told = (description: string) => ({ schema: { type: 'string' }, description });
const account = {
  headers: {
    'Granary-Version': told('The number of the version'),
    'Granary-Change-Set': told('Its last change set when the stream began'),
    'Granary-Rows': told('In the trailer: how many rows were sent'),
    'Granary-Bytes': told('In the trailer: how many bytes were sent'),
    'Granary-Sha256': told('In the trailer: their SHA-256'),
  },
};

const quarantineAccount = {
  headers: {
    'Granary-Version': account.headers['Granary-Version'],
    'Granary-Rows': account.headers['Granary-Rows'],
    'Granary-Bytes': account.headers['Granary-Bytes'],
    'Granary-Sha256': account.headers['Granary-Sha256'],
  },
};

/** The routes that answer with something else than JSON. */
export function streamPaths(components: Components): Paths {
  const loadEvents = { method: 'GET', path: loadEventsPath } satisfies Action['rest'];
  const currentOriginal = { method: 'GET', path: currentOriginalPath } satisfies Action['rest'];
  const range = { name: 'Range', in: 'header', schema: { type: 'string' }, description: 'For example bytes=0-999' };
  const download = (action: DescribedFile, rest: Action['rest'], operationId: string): Operation => {
    const input = inputOf(rest, action.input, components);
    return {
      ...describe(action),
      operationId,
      parameters: [...input.parameters, range],
      responses: {
        200: file,
        206: file,
        304: { description: 'Not modified' },
        307: {
          description: 'With `redirect`: where the bytes are',
          headers: { Location: { schema: { type: 'string' } } },
        },
        ...failures,
      },
    };
  };
  return {
    [beginExport.rest.path]: {
      get: {
        ...describe(beginExport),
        ...inputOf(beginExport.rest, csvInput, components),
        responses: { 200: { ...binary('text/csv', 'CSV (RFC 4180), UTF-8'), ...account }, ...failures },
      },
    },
    [jsonLinesPath]: {
      get: {
        ...describe(beginExport),
        operationId: 'datasets.exportJsonLines',
        summary: 'Export all rows of a version, or those that a filter selects, as JSON Lines; every digit is kept',
        ...inputOf(beginExport.rest, beginExport.input, components),
        responses: { 200: { ...binary('application/jsonl', 'A JSON object a line, UTF-8'), ...account }, ...failures },
      },
    },
    [beginQuarantineExport.rest.path]: {
      get: {
        ...describe(beginQuarantineExport),
        ...inputOf(beginQuarantineExport.rest, quarantineCsvInput, components),
        responses: { 200: { ...binary('text/csv', 'CSV (RFC 4180), UTF-8'), ...quarantineAccount }, ...failures },
      },
    },
    [quarantineJsonLinesPath]: {
      get: {
        ...describe(beginQuarantineExport),
        operationId: 'datasets.exportQuarantineJsonLines',
        summary: 'Export the rows of the file that did not fit as JSON Lines, with reasons and corrections',
        ...inputOf(beginQuarantineExport.rest, beginQuarantineExport.input, components),
        responses: {
          200: { ...binary('application/jsonl', 'A JSON object a line, UTF-8'), ...quarantineAccount },
          ...failures,
        },
      },
    },
    [beginAuditExport.rest.path]: {
      get: {
        ...describe(beginAuditExport),
        ...inputOf(beginAuditExport.rest, beginAuditExport.input, components),
        responses: { 200: binary('application/jsonl', 'A JSON object a line, UTF-8'), ...failures },
      },
    },
    [auditStreamPath]: {
      get: {
        ...describe({
          ...followAuditEvents,
          name: 'audit.events',
          summary: 'Follow the audit events of the active organization as server-sent events',
        }),
        ...inputOf({ method: 'GET', path: auditStreamPath }, auditStreamInput, components),
        responses: {
          200: binary('text/event-stream', 'Events `audit`, each with an AuditEvent as JSON; `error` with a Problem'),
          ...failures,
        },
      },
    },
    [notificationStreamPath]: {
      get: {
        ...describe({
          ...followNotifications,
          name: 'notifications.events',
          summary: 'Follow what you are told in the active organization as server-sent events',
        }),
        ...inputOf({ method: 'GET', path: notificationStreamPath }, notificationStreamInput, components),
        responses: {
          200: binary(
            'text/event-stream',
            'Events `notification`, each with a Notification as JSON and its cursor as id; `error` with a Problem',
          ),
          ...failures,
        },
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
    [runEventsPath]: {
      get: {
        ...describe({
          ...getSourceRun,
          name: 'sources.runEvents',
          summary: 'Follow a run of a source as server-sent events',
        }),
        ...inputOf({ method: 'GET', path: runEventsPath }, getSourceRun.input, components),
        responses: {
          200: binary('text/event-stream', 'Events `run`, each with a SourceRun as JSON; `error` with a Problem'),
          204: { description: 'Nothing comes after Last-Event-ID' },
          ...failures,
        },
      },
    },
    [pipelineRunEventsPath]: {
      get: {
        ...describe({
          ...runLogs,
          name: 'runs.events',
          summary: 'Follow a run of a pipeline and what its steps log as server-sent events',
        }),
        ...inputOf({ method: 'GET', path: pipelineRunEventsPath }, pipelineRunEventsInput, components),
        responses: {
          200: binary(
            'text/event-stream',
            'Events `log`, each with a RunLog as JSON, and `run`, each with a RunWithSteps; `error` with a Problem',
          ),
          204: { description: 'Nothing comes after Last-Event-ID' },
          ...failures,
        },
      },
    },
    [openOriginal.rest.path]: { get: download(openOriginal, openOriginal.rest, 'datasets.original') },
    [currentOriginalPath]: { get: download(openOriginal, currentOriginal, 'datasets.currentOriginal') },
    [openCapture.rest.path]: {
      get: {
        ...describe(openCapture),
        ...inputOf(openCapture.rest, openCapture.input, components),
        responses: { 200: file, ...failures },
      },
    },
    [openFeedFile.rest.path]: { get: download(openFeedFile, openFeedFile.rest, openFeedFile.name) },
    [openExport.rest.path]: { get: download(openExport, openExport.rest, openExport.name) },
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
