import type { OutputOf } from '@granary/client';
import { formatCount, formatTable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { count, metricName, rating, revenue, titleOf } from '../plugin/print-facts.ts';

type Top = OutputOf<'companies.top'>['items'][number];

const classNames: Readonly<Record<string, string>> = {
  one_trick_pony: 'one-trick pony',
  small: 'small',
  large: 'large',
  enterprise: 'enterprise',
};
const className = (size: string | null): string => classNames[size ?? ''] ?? '';

export const rowOf = (each: Top): (string | number)[] => [
  each.name,
  each.plugins,
  className(each.sizeClass),
  count({ value: each.users, bound: each.usersBound }),
  rating(each.weightedRating),
  each.id,
];

export function printCompany(terminal: Terminal, found: OutputOf<'companies.get'>): void {
  const lines = [
    ['id', found.id],
    ['counted as', found.mergedInto?.name ?? ''],
    ['with', found.merged.map(({ name }) => name).join(', ')],
    ['plugins', `${found.availablePlugins} ${className(found.sizeClass)}`.trim()],
    ...found.users.map((total) => [metricName(total.metric), `${count(total)} of ${total.plugins} plugins`]),
    [
      'rating',
      found.weightedRating === null
        ? ''
        : `${rating(found.weightedRating)} of 5, ${formatCount(found.ratings)} ratings`,
    ],
    ['revenue', found.revenue.plugins === 0 ? '' : `${revenue(found.revenue)} (estimated)`],
  ].filter(([, value]) => value !== '');
  terminal.print(formatTable([found.name, ''], lines));
  if (found.plugins.length === 0) return;
  const rows = found.plugins.map((each) => [
    titleOf(each),
    `${each.marketplace}/${each.externalId}`,
    each.users === null ? '' : `${count(each.users)} ${metricName(each.users.metric)}`,
    rating(each.rating),
    each.state === 'available' ? '' : each.state,
  ]);
  terminal.print(formatTable(['plugin', 'at', 'users', 'rating', ''], rows));
}
