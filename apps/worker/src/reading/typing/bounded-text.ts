import type { Buffer } from 'node:buffer';

/**
 * The text of `buffer[start, end)`, cut to at most `most` bytes at a character's border and marked if it was cut. NUL, which
 * Postgres stores in no text, is shown as ␀, and what is no UTF-8 as �.
 */
export function boundedText(buffer: Buffer, start: number, end: number, most: number): string {
  let stop = Math.min(end, start + most);
  if (stop < end) while (stop > start && (buffer[stop]! & 0xc0) === 0x80) stop--;
  const text = buffer.toString('utf8', start, stop).replaceAll('\0', '␀');
  return stop < end ? `${text}… (${end - start} bytes)` : text;
}

/** Brings a text made elsewhere to at most `most` characters, without cutting one in half. */
export function shorten(text: string, most: number): string {
  return text.length <= most
    ? text.toWellFormed()
    : `${text
        .slice(0, most)
        .replace(/[\ud800-\udbff]$/, '')
        .toWellFormed()}…`;
}
