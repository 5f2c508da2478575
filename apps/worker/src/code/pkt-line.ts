export class MalformedPackets extends Error {
  override readonly name = 'MalformedPackets';
}

const marks: Readonly<Record<number, { readonly mark: 'flush' | 'delimiter' | 'end' }>> = {
  0: { mark: 'flush' },
  1: { mark: 'delimiter' },
  2: { mark: 'end' },
};

/** What stands in a stream of git’s (gitprotocol-common(5), pkt-line): a line, or one of the marks between them. */
export interface PacketLine {
  /** Without the line end; undefined for a mark. */
  readonly line?: string;
  readonly mark?: 'flush' | 'delimiter' | 'end';
}

/** One line as it is sent. */
export function packetLine(text: string): string {
  const bytes = Buffer.byteLength(text) + 5; // its own four digits, and the line end
  return `${bytes.toString(16).padStart(4, '0')}${text}\n`;
}
export const flushPacket = '0000';
export const delimiterPacket = '0001';

/** @throws {MalformedPackets} for what is none, or is cut off */
export function readPackets(bytes: Buffer): readonly PacketLine[] {
  const packets: PacketLine[] = [];
  for (let at = 0; at < bytes.length; ) {
    const digits = bytes.toString('latin1', at, at + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw new MalformedPackets('this is not what git sends');
    const length = Number.parseInt(digits, 16);
    const mark = marks[length];
    if (mark) {
      packets.push(mark);
      at += 4;
      continue;
    }
    if (length < 4 || at + length > bytes.length) throw new MalformedPackets('what git sends is cut off');
    packets.push({ line: bytes.toString('utf8', at + 4, at + length).replace(/\n$/, '') });
    at += length;
  }
  return packets;
}
