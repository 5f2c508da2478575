/**
 * What a delta makes of its base (gitformat-pack(5), "Deltified representation"); null for a damaged one. `spend` is told how many bytes
 * that will be before they are there, and may throw.
 */
export function applyDelta(base: Buffer, delta: Buffer, spend: (bytes: number) => void): Buffer | null {
  let at = 0;
  const size = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = delta[at++];
      if (byte === undefined || factor > 2 ** 49) return -1;
      value += (byte & 127) * factor;
      if (!(byte & 128)) return value;
    }
  };
  const baseSize = size();
  const madeSize = size();
  if (baseSize !== base.length || madeSize < 0) return null;
  spend(madeSize);
  const made = Buffer.alloc(madeSize);
  let to = 0;
  while (at < delta.length) {
    const code = delta[at++] ?? 0;
    if (code & 128) {
      const from = readSparse(delta, at, code & 15);
      const count = readSparse(delta, from.next, (code >> 4) & 7);
      at = count.next;
      const length = count.value || 65_536;
      if (at > delta.length || from.value + length > base.length || to + length > madeSize) return null;
      to += base.copy(made, to, from.value, from.value + length);
    } else {
      if (code === 0 || at + code > delta.length || to + code > madeSize) return null;
      to += delta.copy(made, to, at, at + code);
      at += code;
    }
  }
  return to === madeSize ? made : null;
}

/** Bytes of which the bits say whether they are there; those that are not are 0. */
function readSparse(delta: Buffer, start: number, bits: number): { value: number; next: number } {
  let next = start;
  let value = 0;
  for (let bit = 0; bit < 4; bit++) if (bits & (1 << bit)) value += (delta[next++] ?? 0) * 256 ** bit;
  return { value, next };
}
