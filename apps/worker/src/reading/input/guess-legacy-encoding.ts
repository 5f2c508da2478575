import type { Buffer } from 'node:buffer';

/** How the two-byte characters of a text are spread. */
interface Pairs {
  count: number;
  /** Of these, how many have a second byte below 0x80. */
  lowTrails: number;
  /** Indexed by first byte. */
  readonly leads: Float64Array;
}

const enoughPairs = 20;
const nearlyAll = 0.95;

/**
 * An East Asian encoding if the text can hardly be anything else, for each of them puts its common characters into a
 * small block of first bytes; windows-1252 otherwise, which takes any byte and is right for most of the West.
 */
export function guessLegacyEncoding(sample: Buffer): string {
  const pairs = readPairs(sample);
  const shiftJis = readShiftJis(sample);
  if (shiftJis) return 'shift_jis';
  if (!pairs || pairs.count < enoughPairs) return 'windows-1252';
  const share = (from: number, to: number) =>
    pairs.leads.subarray(from, to + 1).reduce((sum, n) => sum + n, 0) / pairs.count;
  const punctuation = share(0xa1, 0xa3);
  if (pairs.lowTrails > 0) {
    // the characters in daily use are level 1 of Big5
    return punctuation + share(0xa4, 0xc6) >= nearlyAll ? 'big5' : 'windows-1252';
  }
  const kana = share(0xa4, 0xa5);
  if (kana >= 0.1 && kana + punctuation + share(0xb0, 0xcf) >= nearlyAll) return 'euc-jp';
  if (punctuation + share(0xb0, 0xc8) >= 0.99) return 'euc-kr';
  return punctuation + share(0xb0, 0xd7) >= nearlyAll ? 'gb18030' : 'windows-1252';
}

/** null if some byte cannot stand in any of the two-byte encodings but Shift JIS. */
function readPairs(sample: Buffer): Pairs | null {
  const pairs: Pairs = { count: 0, lowTrails: 0, leads: new Float64Array(256) };
  for (let position = 0; position < sample.length - 1; position++) {
    const lead = sample[position]!;
    if (lead < 0x80) continue;
    const trail = sample[++position]!;
    if (lead < 0xa1 || trail < 0x40 || trail === 0x7f || (trail > 0x7e && trail < 0xa1)) return null;
    pairs.count++;
    pairs.leads[lead]!++;
    if (trail < 0x80) pairs.lowTrails++;
  }
  return pairs;
}

/** Shift JIS: kana have the first bytes 0x82 and 0x83, common kanji 0x88 to 0x97. */
function readShiftJis(sample: Buffer): boolean {
  let count = 0;
  let kana = 0;
  let common = 0;
  for (let position = 0; position < sample.length - 1; position++) {
    const lead = sample[position]!;
    if (lead < 0x80 || (lead >= 0xa1 && lead <= 0xdf)) continue;
    const trail = sample[++position]!;
    if (trail < 0x40 || trail === 0x7f || trail > 0xfc) return false;
    count++;
    if (lead === 0x82 || lead === 0x83) kana++;
    else if (lead === 0x81 || (lead >= 0x88 && lead <= 0x97)) common++;
  }
  return count >= enoughPairs && kana >= 0.1 * count && kana + common >= nearlyAll * count;
}
