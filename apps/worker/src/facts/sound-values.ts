import type { Pricing, Quantity } from '@granary/marketplaces';

/** A count that can be one; null otherwise. */
export const soundCount = <Q extends Quantity>(quantity: Q | null): Q | null =>
  quantity && Number.isSafeInteger(quantity.value) && quantity.value >= 0 ? quantity : null;

export const soundRating = (rating: number | null): number | null =>
  rating !== null && rating >= 0 && rating <= 5 ? rating : null;

/** Text that Postgres takes: without NUL and half surrogates, and no longer than that; null for none. */
export function soundText(text: string | null, longest: number): string | null {
  if (text === null) return null;
  const sound = text.replaceAll('\0', '').slice(0, longest).toWellFormed().trim();
  return sound === '' ? null : sound;
}

const most = 1_000;

/** Each once, in their order. */
export function soundTexts(texts: readonly string[] | null): readonly string[] | null {
  if (texts === null) return null;
  const sound = texts.slice(0, most).map((text) => soundText(text, 300));
  return [...new Set(sound.filter((text) => text !== null))];
}

type Tier = NonNullable<Pricing['lowestPaidTier']>;

/** A price in plain decimals and a currency of three letters; null for anything else. */
export const soundTier = (tier: Tier | null): Tier | null =>
  tier && /^(0|[1-9]\d{0,11})(\.\d{1,6})?$/.test(tier.amount) && /^[A-Z]{3}$/.test(tier.currency) ? tier : null;
