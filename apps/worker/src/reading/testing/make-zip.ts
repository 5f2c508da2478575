import { Buffer } from 'node:buffer';
import { crc32, deflateRawSync } from 'node:zlib';

/** A file for an archive, and what is to be wrong with it. */
export interface ZipMember {
  readonly name: string;
  readonly content: Buffer | string;
  readonly method?: number;
  readonly flags?: number;
  /** What the local header says instead of the name. */
  readonly localName?: string;
  readonly checksum?: number;
  /** Size after unpacking that both headers claim. */
  readonly claimedSize?: number;
  /** Sizes stand in a zip64 extra field. */
  readonly zip64?: boolean;
}

/** A ZIP archive (APPNOTE.TXT), sound or not. */
export function makeZip(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const content = Buffer.from(member.content);
    const packed = member.method === 0 ? content : deflateRawSync(content);
    const size = member.claimedSize ?? content.length;
    const extra = member.zip64 ? zip64Extra(size, packed.length) : Buffer.alloc(0);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(member.flags ?? 0x800, 2);
    common.writeUInt16LE(member.method ?? 8, 4);
    common.writeUInt32LE(member.checksum ?? crc32(content), 10);
    common.writeUInt32LE(member.zip64 ? 0xffffffff : packed.length, 14);
    common.writeUInt32LE(member.zip64 ? 0xffffffff : size, 18);
    common.writeUInt16LE(extra.length, 24);
    const local = Buffer.from(member.localName ?? member.name);
    common.writeUInt16LE(local.length, 22);
    const header = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, local, extra]);
    const name = Buffer.from(member.name);
    const central = Buffer.from(common);
    central.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), central, rest, name, extra);
    parts.push(header, packed);
    offset += header.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

function zip64Extra(size: number, packedSize: number): Buffer {
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(16, 2);
  extra.writeBigUInt64LE(BigInt(size), 4);
  extra.writeBigUInt64LE(BigInt(packedSize), 12);
  return extra;
}
