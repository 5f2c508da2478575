import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { redirectOption } from '../object-store/redirect-option.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { versionName } from './schema.ts';
import { selectVersion } from './version-query.ts';

/**
 * The part of a download that is an action: whether the caller may have the file that a version was loaded from, and the
 * audit event of it. Not in the registry, because what it opens is a stream.
 */
export const openOriginal = defineMutation({
  name: 'datasets.original',
  summary: 'Download the file that a version was loaded from, exactly as it was sent',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/versions/{version}/original' },
  input: z.object({
    datasetId: z.uuid(),
    version: versionName.optional(),
    redirect: redirectOption,
  }),
  output: z.object({
    version: z.int(),
    sha256: z.string(),
    bytes: z.int(),
    fileName: z.string(),
    sealedFileId: z.uuid().nullable().meta({ description: 'The bytes are stored encrypted, by the key of this file' }),
  }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: (_input, { version, sha256 }) => ({ version, sha256 }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, version }) {
    const { rows } = await db.executeQuery(
      selectVersion(tenantId, datasetId, version).select([
        'v.original_sha256 as sha256',
        'v.original_bytes as bytes',
        'v.original_name as fileName',
        'v.sealed_file_id as sealedFileId',
        sql<boolean>`app.may_access_dataset(d.id, 'admin')`.as('mayUnseal'),
      ]),
    );
    const [found] = rows;
    if (!found) throw version === undefined ? noSuchDataset() : new DomainError('not_found', 'no such version');
    if (found.sha256 === null) throw new DomainError('not_found', 'the original of this version was not kept');
    if (found.sealedFileId !== null && !found.mayUnseal)
      throw new DomainError(
        'forbidden',
        'the file holds what identifies people: only who administers the dataset may have it',
      );
    return {
      version: found.number,
      sha256: found.sha256,
      bytes: found.bytes,
      fileName: found.fileName,
      sealedFileId: found.sealedFileId,
    };
  },
});
