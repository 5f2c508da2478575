/**
 * Whether lines that no delimiter parts are sentences rather than a column of values. Names, titles and codes are values;
 * a column of sentences can still be loaded by quoting them, or by naming a delimiter.
 */
export function isProse(lines: readonly string[]): boolean {
  const filled = lines.filter((line) => line.trim() !== '');
  if (filled.length === 0) return false;
  const words = filled.map((line) => line.trim().split(/\s+/).length);
  const average = words.reduce((sum, count) => sum + count, 0) / filled.length;
  const sentences = filled.filter((line) => /\p{L}{2,}[.!?:,;]["')]?\s*$|\p{L}{2,}[.!?] \p{Lu}/u.test(line)).length;
  return average > 8 || (average > 3 && sentences / filled.length > 0.3);
}
