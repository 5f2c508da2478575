import { Buffer, isUtf8 } from 'node:buffer';
import { readSync } from 'node:fs';
import { setImmediate as giveWay } from 'node:timers/promises';
import { ReadError } from '../read-error.ts';
import { guessLegacyEncoding } from './guess-legacy-encoding.ts';
import { Utf8Census } from './utf8-census.ts';

export interface TextEncoding {
  /** WHATWG name. */
  readonly name: string;
  readonly bomBytes: number;
  readonly how: 'byte order mark' | 'valid' | 'guessed' | 'told';
  /** UTF-8 with some bytes that are not. */
  readonly hasInvalidBytes: boolean;
}

const chunk = 1 << 20;

const boms: readonly { readonly bytes: readonly number[]; readonly name: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], name: 'utf-8' },
  { bytes: [0xff, 0xfe, 0, 0], name: 'utf-32le' },
  { bytes: [0, 0, 0xfe, 0xff], name: 'utf-32be' },
  { bytes: [0xff, 0xfe], name: 'utf-16le' },
  { bytes: [0xfe, 0xff], name: 'utf-16be' },
];

/**
 * The encoding of a whole file, every byte of which is looked at: a byte order mark, else UTF-8 if it is valid (or nearly,
 * and not by chance), else UTF-16 by its NULs, else an older encoding by strong evidence, else windows-1252 as a guess.
 */
export async function detectEncoding(
  file: number,
  label: string | undefined,
  onProgress: (bytes: number) => void,
): Promise<TextEncoding> {
  const told = label === undefined ? undefined : whatwgName(label);
  const head = Buffer.alloc(chunk);
  const headBytes = readSync(file, head, 0, chunk, 0);
  const start = head.subarray(0, headBytes);
  const bom = boms.find(({ bytes }) => bytes.every((code, index) => start[index] === code));
  const bomBytes = bom?.bytes.length ?? 0;
  if (bom?.name.startsWith('utf-32')) throw new ReadError('unsupported', 'The file is UTF-32 text. Save it as UTF-8.');
  if (told !== undefined && told !== 'utf-8') {
    return { name: told, bomBytes: bom?.name === told ? bomBytes : 0, how: 'told', hasInvalidBytes: false };
  }
  const utf16 = told ? undefined : bom?.name.startsWith('utf-16') ? bom.name : bom ? undefined : utf16ByNuls(start);
  if (utf16) return { name: utf16, bomBytes, how: bom ? 'byte order mark' : 'guessed', hasInvalidBytes: false };

  const census = new Utf8Census();
  for (let offset = 0, read = headBytes; read > 0; read = readSync(file, head, 0, chunk, offset)) {
    census.add(head, read);
    offset += read;
    onProgress(offset);
    if (offset % (16 * chunk) === 0) await giveWay();
  }
  census.end();
  const utf8 = { name: 'utf-8', bomBytes, hasInvalidBytes: census.invalid > 0 } as const;
  if (told) return { ...utf8, how: 'told' };
  if (bom) return { ...utf8, how: 'byte order mark' };
  if (census.invalid === 0) return { ...utf8, how: 'valid' };
  // a text in an older encoding has next to no valid sequences; a UTF-8 text with a damaged spot has many
  if (census.multibyte > 5 * census.invalid) return { ...utf8, how: 'guessed' };
  return { name: guessLegacyEncoding(census.evidence), bomBytes: 0, how: 'guessed', hasInvalidBytes: false };
}

function whatwgName(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new ReadError('unsupported', `There is no encoding named ${label}.`);
  }
}

/** ASCII in UTF-16 is a NUL in every other byte; a stray NUL in a small file is not that. */
function utf16ByNuls(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (head.length < 8 || isUtf8(head.subarray(0, Math.min(head.length, 1000))) === false) return undefined;
  const nuls = [0, 0];
  for (let index = 0; index < head.length; index++) if (head[index] === 0) nuls[index & 1]!++;
  const half = head.length / 2;
  const [even, odd] = [nuls[0]! / half, nuls[1]! / half];
  if (odd > 0.4 && even < 0.05) return 'utf-16le';
  return even > 0.4 && odd < 0.05 ? 'utf-16be' : undefined;
}
