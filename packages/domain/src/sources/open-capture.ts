import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { sourceId } from './schema.ts';

const opened = z.object({
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
  output: opened,
  audit: {
    entityType: 'source',
    entityId: (input) => input.sourceId,
    details: ({ captureId }) => ({ captureId }),
  },
  async run({ db, identity: { tenantId } }, input) {
    const found = await db
      .selectFrom('captures')
      .select(['object_sha256 as sha256', 'encoding', 'body_sha256 as bodySha256', 'body_bytes as bytes'])
      .where('owner_id', '=', tenantId)
      .where('source_id', '=', input.sourceId)
      .where('id', '=', input.captureId)
      .executeTakeFirst();
    if (!found) throw new DomainError('not_found', 'no such capture');
    return opened.parse({ ...found, bytes: Number(found.bytes) });
  },
});
