import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openCorrection, openRowText, sealCorrection, sealedBy, sealRowText } from './sealed-text.ts';
import { sealValue } from './sealed-value.ts';

const keys = { fileId: '019b0000-0000-7000-8000-000000000000', bytes: randomBytes(32), quarantine: randomBytes(32) };
const place = { versionId: 'v', byteOffset: 7 };

test.each(['file', 'pseudonyms'] as const)(
  'a text opens where it stands, and says whether it is of kind %s',
  (kind) => {
    const sealed = sealRowText(keys, 'a:b,ü', { ...place, kind });
    expect(sealedBy(sealed)).toBe(keys.fileId);
    expect(openRowText(keys, sealed, place)).toEqual({ text: 'a:b,ü', kind });
    expect(openRowText(keys, sealed, { ...place, byteOffset: 8 })).toBeNull();
    const other = kind === 'file' ? 'pseudonyms' : 'file';
    expect(openRowText(keys, sealed.replace(`:${kind}:`, `:${other}:`), place)).toBeNull();
    expect(openRowText(keys, sealed.replace(`:${kind}:`, ':'), place)).toBeNull();
  },
);

test('a text that was sealed before kinds were noted is read, and is of none', () => {
  const sealed = sealValue(keys.quarantine, Buffer.from('old'), 'quarantined row|v|7').toString('base64');
  expect(openRowText(keys, `sealed:${keys.fileId}:${sealed}`, place)).toEqual({ text: 'old', kind: null });
});

test('a correction opens for its own row alone, and as nothing else', () => {
  const sealed = sealCorrection(keys, 'text', { versionId: 'v', number: 7 });
  expect(sealedBy(sealed)).toBe(keys.fileId);
  expect(openCorrection(keys, sealed, { versionId: 'v', number: 7 })).toBe('text');
  expect(openCorrection(keys, sealed, { versionId: 'v', number: 8 })).toBeNull();
  expect(openRowText(keys, sealed, place)).toBeNull();
});
