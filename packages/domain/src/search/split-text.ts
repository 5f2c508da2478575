export interface TextPart {
  readonly text: string;
  /** Where it begins in the whole, in UTF-16 code units. */
  readonly beginsAt: number;
}

/** Characters. As much as the local model reads, and few enough that a passage is about one thing. */
const longest = 1000;

/**
 * Cuts a text into passages: at empty lines, then at line ends, then between sentences, then between words, and only what has none
 * of these anywhere. Neighbours are put together as long as they fit. Nothing but white space at the seams is left out.
 */
export function splitText(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let open: { beginsAt: number; endsAt: number } | undefined;
  for (const piece of piecesOf(text, 0, seams)) {
    if (open && piece.endsAt - open.beginsAt <= longest) open.endsAt = piece.endsAt;
    else {
      if (open) parts.push(...partOf(text, open));
      open = { ...piece };
    }
  }
  if (open) parts.push(...partOf(text, open));
  return parts;
}

interface Piece {
  readonly beginsAt: number;
  readonly endsAt: number;
}

const seams: readonly RegExp[] = [/\n\s*\n/g, /\n/g, /(?<=[.!?…。！？])\s/g, /\s/g];

function piecesOf(text: string, offset: number, [seam, ...finer]: readonly RegExp[]): Piece[] {
  if (text.length <= longest) return [{ beginsAt: offset, endsAt: offset + text.length }];
  if (!seam) return cutAnywhere(text, offset);
  const pieces: Piece[] = [];
  let from = 0;
  for (const { index } of [...text.matchAll(seam), { index: text.length }]) {
    pieces.push(...piecesOf(text.slice(from, index), offset + from, finer));
    from = index;
  }
  return pieces;
}

function cutAnywhere(text: string, offset: number): Piece[] {
  const pieces: Piece[] = [];
  for (let from = 0; from < text.length; ) {
    let to = Math.min(from + longest, text.length);
    // not through the middle of a character
    if (to < text.length && /[\ud800-\udbff]/.test(text[to - 1] ?? '')) to--;
    pieces.push({ beginsAt: offset + from, endsAt: offset + to });
    from = to;
  }
  return pieces;
}

/** Without white space at its ends; nothing where it was all of it. */
function partOf(text: string, { beginsAt, endsAt }: Piece): TextPart[] {
  const whole = text.slice(beginsAt, endsAt);
  const trimmed = whole.trimStart();
  const part = { text: trimmed.trimEnd(), beginsAt: beginsAt + whole.length - trimmed.length };
  return part.text === '' ? [] : [part];
}
