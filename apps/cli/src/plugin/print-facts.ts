import type { OutputOf } from '@granary/client';
import { formatCount } from '../output/table.ts';

type Summary = OutputOf<'plugins.list'>['items'][number];
type Named = Pick<Summary, 'name' | 'externalId' | 'marketplace'>;

/** `12,000+` where the source says that it is that or more; nothing where it says nothing. */
export const count = (quantity: { readonly value: number; readonly bound: string } | null): string =>
  quantity === null ? '' : `${formatCount(quantity.value)}${quantity.bound === 'at_least' ? '+' : ''}`;

export const metricName = (metric: string): string => metric.replaceAll('_', ' ');

export const titleOf = ({ name, externalId }: Pick<Named, 'name' | 'externalId'>): string => name ?? externalId;

export const rating = (average: number | null): string => (average === null ? '' : average.toFixed(2));

export const dollars = (cents: number): string => `$${formatCount(Math.round(cents / 100))}`;

/** `$30,000 to $120,000 a year`, or nothing. */
export const revenue = (estimate: { readonly lowerCents: number; readonly upperCents: number } | null): string =>
  estimate === null
    ? ''
    : estimate.upperCents === 0
      ? 'about $0'
      : `${dollars(estimate.lowerCents)} to ${dollars(estimate.upperCents)} a year`;

export const share = (growth: number | null): string =>
  growth === null ? '' : `${growth >= 0 ? '+' : ''}${(growth * 100).toFixed(1)}%`;
