import { DomainError } from '@granary/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

const revised = z.object({ revision: z.int() });

/** What counts its changes has its revision as ETag (RFC 9110, 8.8.3). */
export function noteRevision(reply: FastifyReply, output: unknown): void {
  const { data } = revised.safeParse(output);
  if (data) reply.header('etag', `"${data.revision}"`);
}

/** The revision that `If-Match` names. Throws DomainError invalid for another one than the input's, or none of ours. */
export function revisionSeen(
  { headers }: FastifyRequest,
  { revision }: Readonly<Record<string, unknown>>,
): { readonly revision?: number } {
  const header = headers['if-match'];
  if (header === undefined) return {};
  const [, digits] = /^\s*"(\d{1,9})"\s*$/.exec(header) ?? [];
  if (digits === undefined)
    throw new DomainError('invalid', 'If-Match: is the one ETag that you were given', { header });
  const seen = Number(digits);
  if (revision !== undefined && revision !== seen)
    throw new DomainError('invalid', 'If-Match and revision say different things', { header, revision });
  return { revision: seen };
}

/** A conflict of revisions is 412 for who asked by `If-Match` (RFC 9110, 13.1.1). */
export async function unlessOutdated<T>({ headers }: FastifyRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (headers['if-match'] === undefined || !(error instanceof DomainError) || error.kind !== 'conflict') throw error;
    if (!revised.safeParse(error.details).success) throw error;
    throw new DomainError('precondition', error.message, error.details, { cause: error });
  }
}
