import type { Outbound, OutboundResponse } from '@granary/outbound';
import { askCommand, askRefs } from './git-requests.ts';
import { agent, explainedGit, gitAnswer } from './git-server-answer.ts';
import { delimiterPacket, flushPacket, type PacketLine, packetLine, readPackets } from './pkt-line.ts';

const objectId = /^([0-9a-f]{40}|[0-9a-f]{64}) (.+)$/;

/**
 * The commit that a branch of a repository points at, as its server says by git's smart HTTP protocol (gitprotocol-http(5),
 * gitprotocol-v2(5): ls-refs); undefined where there is no such branch. Two requests, or one of a server that speaks the protocol of old
 * only. Nothing is fetched, and no git is needed.
 *
 * @throws {DomainError} `unavailable` where there is no answer, `precondition` where it is not that of a repository that anybody may read
 */
export async function branchHead(
  outbound: Outbound,
  repository: { readonly url: string; readonly branch: string },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const ref = `refs/heads/${repository.branch}`;
  try {
    const advertised = await askRefs(outbound, repository.url, signal);
    const offered = packetsOf(advertised, 'application/x-git-upload-pack-advertisement');
    if (!offered.some(({ line }) => line === 'version 2')) return findRef(offered, ref);
    const format = offered.find(({ line }) => line?.startsWith('object-format='))?.line;
    const asked = await askCommand(
      outbound,
      advertised.url,
      [
        packetLine('command=ls-refs'),
        packetLine(agent),
        format === undefined ? '' : packetLine(format),
        delimiterPacket,
        packetLine(`ref-prefix ${ref}`),
        flushPacket,
      ],
      { totalMs: 30_000, maxBytes: 1024 ** 2, ...(signal && { signal }) },
    );
    return findRef(packetsOf(asked, 'application/x-git-upload-pack-result'), ref);
  } catch (error) {
    throw explainedGit(error);
  }
}

const packetsOf = (answer: OutboundResponse, type: string): readonly PacketLine[] =>
  readPackets(gitAnswer(answer, type));

/** `<object> <name>`, in the protocol of old with capabilities after a NUL, in the new one with attributes after a space. */
function findRef(packets: readonly PacketLine[], ref: string): string | undefined {
  for (const { line = '' } of packets) {
    const [, id, rest = ''] = objectId.exec(line.split('\0')[0] ?? '') ?? [];
    if (rest.split(' ')[0] === ref) return id;
  }
  return undefined;
}
