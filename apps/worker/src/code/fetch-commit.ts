import { DomainError } from '@granary/domain';
import type { Outbound } from '@granary/outbound';
import { filesOf, type TreeFile } from './commit-tree.ts';
import { askCommand, askRefs } from './git-requests.ts';
import { agent, explainedGit, gitAnswer } from './git-server-answer.ts';
import { type GitObject, readPack, UnreadablePack } from './pack.ts';
import { delimiterPacket, flushPacket, packetLine, readPackets, splitPackets } from './pkt-line.ts';

export interface FetchLimits {
  /** Of the pack, as it comes. */
  readonly packBytes: number;
  /** Of everything in it, unpacked. */
  readonly bytes: number;
  readonly files: number;
  /** Larger files are not sent, where the server can leave them out. */
  readonly fileBytes?: number;
}

export interface FetchedCommit {
  readonly files: readonly TreeFile[];
  /** Undefined for a file that was not sent. */
  read(file: TreeFile): Buffer | undefined;
}

/**
 * The files of one commit, by git's smart HTTP protocol, version 2 (gitprotocol-v2(5): fetch, with deepen 1). All of it is held in memory;
 * nothing is trusted that does not lead to the commit's id by its hashes.
 *
 * @throws {DomainError} `unavailable` where there is no answer, `precondition` where it is none of a commit that anybody may read, or too much
 */
export async function fetchCommit(
  outbound: Outbound,
  { url, commit }: { readonly url: string; readonly commit: string },
  limits: FetchLimits,
  signal?: AbortSignal,
): Promise<FetchedCommit> {
  const format = commit.length === 40 ? 'sha1' : 'sha256';
  try {
    const advertised = await askRefs(outbound, url, signal);
    const lines = readPackets(gitAnswer(advertised, 'application/x-git-upload-pack-advertisement')).map(
      ({ line }) => line,
    );
    if (!lines.includes('version 2'))
      throw new DomainError('precondition', 'the repository’s server does not speak version 2 of git’s protocol');
    const canFilter = lines.some((line) => line?.startsWith('fetch=') && line.slice(6).split(' ').includes('filter'));
    const answer = await askCommand(
      outbound,
      advertised.url,
      [
        packetLine('command=fetch'),
        packetLine(agent),
        format === 'sha1' ? '' : packetLine('object-format=sha256'),
        delimiterPacket,
        packetLine('no-progress'),
        packetLine('ofs-delta'),
        packetLine('deepen 1'),
        canFilter && limits.fileBytes !== undefined ? packetLine(`filter blob:limit=${limits.fileBytes}`) : '',
        packetLine(`want ${commit}`),
        packetLine('done'),
        flushPacket,
      ],
      { totalMs: 300_000, maxBytes: limits.packBytes, ...(signal && { signal }) },
    );
    const objects = readPack(packOf(gitAnswer(answer, 'application/x-git-upload-pack-result')), format, limits.bytes);
    return fetched(objects, commit, limits.files);
  } catch (error) {
    if (error instanceof UnreadablePack) throw new DomainError('precondition', error.message, {}, { cause: error });
    throw explainedGit(error);
  }
}

function fetched(objects: ReadonlyMap<string, GitObject>, commit: string, maxFiles: number): FetchedCommit {
  const files = filesOf(objects, commit, maxFiles);
  return {
    files,
    read({ id }) {
      const object = objects.get(id);
      return object?.type === 'blob' ? object.bytes : undefined;
    },
  };
}

/** What comes after the line `packfile`, in bands: 1 the pack, 2 what the server says meanwhile, 3 why it gives up. */
function packOf(answer: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let isPack = false;
  for (const packet of splitPackets(answer)) {
    if (!(packet instanceof Buffer)) continue;
    if (!isPack) {
      const line = packet.toString('utf8').trimEnd();
      if (line.startsWith('ERR ')) throw refused(line.slice(4));
      isPack = line === 'packfile';
      continue;
    }
    if (packet[0] === 1) pieces.push(packet.subarray(1));
    if (packet[0] === 3) throw refused(packet.toString('utf8', 1));
  }
  return Buffer.concat(pieces);
}

const refused = (why: string) =>
  new DomainError('precondition', `the repository’s server does not give the commit: ${why.trim().slice(0, 300)}`);
