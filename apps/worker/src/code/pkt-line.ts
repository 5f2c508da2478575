export class MalformedPackets extends Error {
  override readonly name = 'MalformedPackets';
}

type PacketMark = 'flush' | 'delimiter' | 'end';
const marks: Readonly<Record<number, { readonly mark: PacketMark }>> = {
  0: { mark: 'flush' },
  1: { mark: 'delimiter' },
  2: { mark: 'end' },
};

/** What stands in a stream of git’s (gitprotocol-common(5), pkt-line): a line, or one of the marks between them. */
export interface PacketLine {
  /** Without the line end; undefined for a mark. */
  readonly line?: string;
  readonly mark?: PacketMark;
}

/** One line as it is sent. */
export function packetLine(text: string): string {
  const bytes = Buffer.byteLength(text) + 5; // its own four digits, and the line end
  return `${bytes.toString(16).padStart(4, '0')}${text}\n`;
}
export const flushPacket = '0000';
export const delimiterPacket = '0001';

/** @throws {MalformedPackets} for what is none, or is cut off */
export const readPackets = (bytes: Buffer): readonly PacketLine[] =>
  [...splitPackets(bytes)].map((packet) =>
    'mark' in packet ? packet : { line: packet.toString('utf8').replace(/\n$/, '') },
  );

/** The same, with the lines as bytes: those of a pack are no text. */
export function* splitPackets(bytes: Buffer): Generator<Buffer | { readonly mark: PacketMark }> {
  for (let at = 0; at < bytes.length; ) {
    const digits = bytes.toString('latin1', at, at + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw new MalformedPackets('this is not what git sends');
    const length = Number.parseInt(digits, 16);
    const mark = marks[length];
    if (mark) {
      yield mark;
      at += 4;
      continue;
    }
    if (length < 4 || at + length > bytes.length) throw new MalformedPackets('what git sends is cut off');
    yield bytes.subarray(at + 4, at + length);
    at += length;
  }
}
