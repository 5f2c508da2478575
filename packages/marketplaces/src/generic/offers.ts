import type { Pricing } from '../plugin-facts.ts';
import { at, listAt, textAt } from '../reading/json.ts';
import { decimalAt } from './json-ld.ts';

/**
 * https://schema.org/Offer and AggregateOffer: the lowest price that is one; null where no offer states a price and its
 * currency.
 */
export function offersOf(node: unknown): Pricing | null {
  const offers = (listAt(node, 'offers') ?? [at(node, 'offers')]).slice(0, 100).flatMap((offer) => {
    const amount =
      decimalAt(offer, 'price') ?? decimalAt(offer, 'lowPrice') ?? decimalAt(offer, 'priceSpecification', 'price');
    const currency = textAt(offer, 'priceCurrency') ?? textAt(offer, 'priceSpecification', 'priceCurrency');
    return amount === null ? [] : [{ amount, currency, per: perOf(offer) }];
  });
  if (offers.length === 0) return null;
  const paid = offers.filter(({ amount }) => amount > 0).sort((a, b) => a.amount - b.amount);
  const free = paid.length < offers.length;
  const [lowest] = paid;
  const kind = lowest === undefined ? 'free' : free ? 'free_with_paid_features' : 'paid';
  if (lowest === undefined || lowest.currency === null || !/^[A-Z]{3}$/.test(lowest.currency))
    return { kind, text: null, lowestPaidTier: null };
  return {
    kind,
    text: null,
    lowestPaidTier: { amount: String(lowest.amount), currency: lowest.currency, per: lowest.per },
  };
}

/** A price for a month or a year says so by UN/CEFACT's code or by ISO 8601's. */
function perOf(offer: unknown): 'month' | 'year' | 'once' {
  const unit =
    textAt(offer, 'priceSpecification', 'unitCode') ??
    textAt(offer, 'priceSpecification', 'billingDuration') ??
    textAt(offer, 'unitCode') ??
    '';
  if (/^(?:MON|P1M)$/.test(unit)) return 'month';
  return /^(?:ANN|P1Y)$/.test(unit) ? 'year' : 'once';
}
