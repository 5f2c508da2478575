import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { selectBody } from './capture-query.ts';
import { sourceId } from './schema.ts';

export const openedCapture = z.object({
  sha256: z.string(),
  encoding: z.enum(['zstd', 'gzip']).meta({ description: 'How the object in the store is packed' }),
  bodySha256: z.string(),
  bytes: z.int().meta({ description: 'Of the body, unpacked' }),
});

/**
 * The part of a download that is an action: whether the caller may have a page as it was captured, and the audit event of it. Not
 * in the registry, because what it opens is a stream.
 */
export const openCapture = defineMutation({
  name: 'sources.capture',
  summary: 'Download a page as it was captured; it may hold what facts never do',
  access: 'capture:read',
  rest: { method: 'GET', path: '/v1/sources/{sourceId}/captures/{captureId}/body' },
  input: z.object({ sourceId, captureId: z.uuid() }),
  output: openedCapture,
  audit: {
    entityType: 'source',
    entityId: (input) => input.sourceId,
    details: ({ captureId }) => ({ captureId }),
  },
  async run({ db, identity: { tenantId } }, input) {
    const found = await selectBody(db, tenantId, input.sourceId, input.captureId).executeTakeFirst();
    if (!found) throw new DomainError('not_found', 'no such capture');
    return openedCapture.parse({ ...found, bytes: Number(found.bytes) });
  },
});
