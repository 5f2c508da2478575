import { DomainError } from '@granary/domain';
import type { OutboundResponse } from '@granary/outbound';
import { OutboundError } from '@granary/outbound';
import { MalformedPackets } from './pkt-line.ts';

export const agent = 'agent=granary/0.1';

/** The body of an answer of git's smart HTTP protocol. Throws DomainError for whatever else is there. */
export function gitAnswer({ status, headers, body }: OutboundResponse, type: string): Buffer {
  if (status === 401 || status === 403 || status === 404)
    throw new DomainError('precondition', `there is no repository that anybody may read (status ${status})`);
  if (status !== 200) throw new DomainError('unavailable', `the repository’s server answered with status ${status}`);
  if (headers.get('content-type')?.split(';')[0]?.trim() !== type)
    throw new DomainError('precondition', 'what is there is no git repository');
  return body;
}

/** Where the refs were found in the end, because a redirect may have led there. */
export function serviceOf(refs: URL): URL {
  const url = new URL(refs);
  url.pathname = url.pathname.replace(/\/info\/refs$/, '/git-upload-pack');
  url.search = '';
  return url;
}

/** A failure as a DomainError: `unavailable` for what may be otherwise in a while. */
export function explainedGit(error: unknown): unknown {
  if (error instanceof MalformedPackets) return new DomainError('precondition', error.message, {}, { cause: error });
  if (!(error instanceof OutboundError)) return error;
  const comesBack = error.kind === 'timeout' || error.kind === 'connection' || error.kind === 'name_not_found';
  return new DomainError(comesBack ? 'unavailable' : 'precondition', error.message, {}, { cause: error });
}
