import { DomainError } from '@granary/domain';
import { Metadata } from '@tus/server';
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../errors/http-error.ts';

export const tusVersion = '1.0.0';

type Headers = FastifyRequest['headers'];

/** The tus protocol's requirement for every request but OPTIONS; throws HttpError 412. */
export function requireTusVersion(headers: Headers): void {
  if (headers['tus-resumable'] !== tusVersion)
    throw new HttpError(412, `this is the tus protocol ${tusVersion}: send Tus-Resumable: ${tusVersion}`);
}

/**
 * What a creation request says of the file (tus 1.0.0, extension creation). The size must be known, because room is
 * reserved for it. Throws HttpError 413 above `maxBytes`, DomainError invalid for what cannot be read.
 */
export function readCreation(
  headers: Headers,
  maxBytes: number,
): { fileName: string; bytes: number; datasetId?: string } {
  if (headers['upload-defer-length'] !== undefined || headers['upload-concat'] !== undefined)
    throw new DomainError(
      'invalid',
      'the size must be known: send Upload-Length, without Upload-Defer-Length or -Concat',
    );
  const length = headers['upload-length'];
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length))
    throw new DomainError('invalid', 'Upload-Length must be the number of bytes');
  const bytes = Number(length);
  if (bytes > maxBytes) throw new HttpError(413, `a file may have ${maxBytes} bytes, this one has ${bytes}`);
  return { ...describedBy(headers['upload-metadata']), bytes };
}

function describedBy(metadata: string | string[] | undefined): { fileName: string; datasetId?: string } {
  if (metadata === undefined) return { fileName: 'upload' };
  try {
    const { filename, name, datasetId } = Metadata.parse([metadata].flat().join(','));
    return { fileName: filename || name || 'upload', ...(datasetId && { datasetId }) };
  } catch (cause) {
    throw new DomainError('invalid', 'Upload-Metadata is not key and base64 value, separated by commas', {}, { cause });
  }
}
