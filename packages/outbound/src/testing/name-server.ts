import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

const headerBytes = 12;
const types = { 1: 'A', 28: 'AAAA' } as const;

/**
 * A name server (RFC 1035) that answers each question with what `answer` gives: the bytes of addresses, or null for NXDOMAIN. Returns its
 * `address:port`. Ends with the test.
 */
export async function nameServer(
  answer: (name: string, type: 'A' | 'AAAA') => readonly Uint8Array[] | null,
): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(respond(query, answer), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

function respond(query: Buffer, answer: Parameters<typeof nameServer>[0]): Buffer {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const code = query.readUInt16BE(at + 1);
  const type = code === 1 || code === 28 ? types[code] : 'A';
  const found = answer(labels.join('.').toLowerCase(), type);
  const header = Buffer.alloc(headerBytes);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(found ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(found?.length ?? 0, 6);
  const records = (found ?? []).map((address) => {
    const record = Buffer.alloc(12); // a pointer to the question's name, type, class, no time to live, length
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(code, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt16BE(address.length, 10);
    return Buffer.concat([record, address]);
  });
  return Buffer.concat([header, query.subarray(headerBytes, at + 5), ...records]);
}
