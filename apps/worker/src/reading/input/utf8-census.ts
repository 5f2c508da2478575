import { Buffer, isUtf8 } from 'node:buffer';

const maxEvidence = 1 << 18;
/** Of each valid piece. */
const countedBytes = 1 << 14;

/** Counts valid multi-byte sequences and invalid bytes of a text that comes in pieces (Unicode 17, table 3-7). */
export class Utf8Census {
  multibyte = 0;
  invalid = 0;
  /** The first part of the text that is not UTF-8: what an older encoding is told by. */
  evidence = Buffer.alloc(0);
  #rest = Buffer.alloc(0);

  add(bytes: Buffer, length: number): void {
    const part = bytes.subarray(0, length);
    const text = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    const whole = text.length - unfinishedTail(text);
    const complete = text.subarray(0, whole);
    if (isUtf8(complete)) {
      // how many there are matters only once something is invalid, and then a lower bound will do
      this.multibyte += countLeads(complete.subarray(0, countedBytes));
    } else {
      this.#count(complete);
      if (this.evidence.length === 0) this.evidence = Buffer.from(complete.subarray(0, maxEvidence));
    }
    this.#rest = Buffer.from(text.subarray(whole));
  }

  end(): void {
    this.invalid += this.#rest.length;
    if (this.evidence.length === 0) this.evidence = this.#rest;
  }

  #count(bytes: Buffer): void {
    for (let position = 0; position < bytes.length; ) {
      const size = bytes[position]! < 0x80 ? 1 : sequenceLength(bytes[position]!);
      if (size > 1 && isUtf8(bytes.subarray(position, position + size))) {
        this.multibyte++;
        position += size;
      } else {
        if (bytes[position]! >= 0x80) this.invalid++;
        position++;
      }
    }
  }
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/** Bytes at the end that begin a sequence and need the next piece. */
function unfinishedTail(text: Buffer): number {
  for (let back = 1; back <= Math.min(3, text.length); back++) {
    const code = text[text.length - back]!;
    if (code < 0x80) return 0;
    if (code >= 0xc0) return sequenceLength(code) > back ? back : 0;
  }
  return 0;
}

function countLeads(bytes: Buffer): number {
  let count = 0;
  for (const code of bytes) if (code >= 0xc0) count++;
  return count;
}
