import type { Buffer } from 'node:buffer';
import { guessLegacyEncoding } from '../input/guess-legacy-encoding.ts';
import { Utf8Census } from '../input/utf8-census.ts';
import { ReadError } from '../read-error.ts';

export interface SampledEncoding {
  /** WHATWG name. */
  readonly name: string;
  readonly bomBytes: number;
  readonly isGuess: boolean;
}

/**
 * The encoding of a text of which only the beginning is seen: as `detectEncoding` tells it of a whole file. What turns out
 * further down not to be in it is set apart, row by row.
 */
export function sampleEncoding(head: Buffer, told: string | undefined): SampledEncoding {
  const starts = (...bytes: number[]) => bytes.every((code, index) => head[index] === code);
  const bom: { name: string; bomBytes: number } | null = starts(0xef, 0xbb, 0xbf)
    ? { name: 'utf-8', bomBytes: 3 }
    : starts(0xff, 0xfe)
      ? { name: 'utf-16le', bomBytes: 2 }
      : starts(0xfe, 0xff)
        ? { name: 'utf-16be', bomBytes: 2 }
        : null;
  if (starts(0xff, 0xfe, 0, 0) || starts(0, 0, 0xfe, 0xff))
    throw new ReadError('unsupported', 'The file is UTF-32 text. Save it as UTF-8.');
  if (told !== undefined) {
    const name = new TextDecoder(told).encoding; // an encoding has many labels
    return { name, bomBytes: bom?.name === name ? bom.bomBytes : 0, isGuess: false };
  }
  if (bom) return { ...bom, isGuess: false };
  const utf16 = utf16ByNuls(head);
  if (utf16) return { name: utf16, bomBytes: 0, isGuess: true };
  const census = new Utf8Census();
  census.add(head, head.length); // without end(): the last character may go on behind the sample
  if (census.invalid === 0) return { name: 'utf-8', bomBytes: 0, isGuess: false };
  const isUtf8 = census.multibyte > 5 * census.invalid;
  return { name: isUtf8 ? 'utf-8' : guessLegacyEncoding(census.evidence), bomBytes: 0, isGuess: true };
}

/** ASCII in UTF-16 is a NUL in every other byte. */
function utf16ByNuls(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head.length < 8) return null;
  const nuls = [0, 0];
  for (let index = 0; index < head.length; index++) if (head[index] === 0) nuls[index & 1]!++;
  const [even, odd] = [(2 * nuls[0]!) / head.length, (2 * nuls[1]!) / head.length];
  if (odd > 0.4 && even < 0.05) return 'utf-16le';
  return even > 0.4 && odd < 0.05 ? 'utf-16be' : null;
}
