/** Nobody rates from 0 to more than this; what says so is no scale. */
const largestScale = 1000;

/** A rating on the scale from 0 to 5; null where it lies outside of its own scale, or where nobody rated. */
export function ratingOf(
  value: number | null,
  scale: { readonly best?: number; readonly count?: number | null } = {},
): number | null {
  const { best = 5, count = null } = scale;
  if (value === null || count === 0 || !(best > 0 && best <= largestScale) || !(value >= 0 && value <= best))
    return null;
  return best === 5 ? value : Math.min((value * 5) / best, 5);
}

/** "4.3 out of 5 stars", "Average rating: 3.13 out of 5.", "3,1 von 5", "4.5/5": null for what names no scale. */
export function readRating(text: string): number | null {
  const found = /(?:^|[^\d.,])(\d{1,3}(?:[.,]\d{1,17})?)\s?(?:\/|\p{L}[\p{L} ]{0,20})\s?(\d{1,3})(?![\d])/u.exec(
    text.slice(0, 200),
  );
  const [, value, best] = found ?? [];
  if (value === undefined || best === undefined) return null;
  return ratingOf(Number(value.replace(',', '.')), { best: Number(best) });
}

/** "4.3", "4,3": a number that is known to be a rating. */
export function readDecimal(text: string): number | null {
  const found = /^\s{0,9}(\d{1,6}(?:[.,]\d{1,17})?)\s{0,9}$/.exec(text)?.[1];
  return found === undefined ? null : Number(found.replace(',', '.'));
}
