import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delimiterPacket, flushPacket, MalformedPackets, packetLine, readPackets } from './pkt-line.ts';

test('lines are read as they were written, with the marks between them', () => {
  const line = fc
    .string({ unit: 'grapheme', maxLength: 300 })
    .filter((text) => !text.endsWith('\n') && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(line), fc.array(line), (before, after) => {
      const bytes = Buffer.from(
        [...before.map(packetLine), delimiterPacket, ...after.map(packetLine), flushPacket].join(''),
      );
      expect(readPackets(bytes)).toEqual([
        ...before.map((text) => ({ line: text })),
        { mark: 'delimiter' },
        ...after.map((text) => ({ line: text })),
        { mark: 'flush' },
      ]);
    }),
  );
});

test('whatever comes, it is read or refused, and ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        readPackets(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedPackets);
      }
    }),
  );
});

test.each(['<html>', '0003', '00ffabc', '0', '0005'])('%s is refused', (text) => {
  expect(() => readPackets(Buffer.from(text))).toThrow(MalformedPackets);
});
