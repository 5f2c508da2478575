import type { Outbound, OutboundResponse } from '@granary/outbound';
import { serviceOf } from './git-server-answer.ts';

export interface CommandLimits {
  readonly totalMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** What a repository's server says of itself first; of old, every branch and tag (gitprotocol-http(5)). */
export const askRefs = (outbound: Outbound, repository: string, signal?: AbortSignal): Promise<OutboundResponse> =>
  outbound.request({
    url: `${repository.replace(/\/+$/, '')}/info/refs?service=git-upload-pack`,
    headers: { 'git-protocol': 'version=2', accept: 'application/x-git-upload-pack-advertisement' },
    redirects: 3,
    totalMs: 30_000,
    maxBytes: 32 * 1024 ** 2,
    ...(signal && { signal }),
  });

/** A command of version 2, to where the refs were found (gitprotocol-v2(5)). */
export const askCommand = (
  outbound: Outbound,
  refs: URL,
  packets: readonly string[],
  limits: CommandLimits,
): Promise<OutboundResponse> =>
  outbound.request({
    ...limits,
    url: serviceOf(refs),
    method: 'POST',
    headers: {
      'git-protocol': 'version=2',
      'content-type': 'application/x-git-upload-pack-request',
      accept: 'application/x-git-upload-pack-result',
    },
    body: packets.join(''),
    redirects: 'refuse',
  });
