import type { MergedPlugin } from './merge-plugin.ts';
import type { PluginColumn } from './plugin-columns.ts';

const material: Readonly<Record<string, readonly PluginColumn[]>> = {
  state: ['state'],
  version: ['version'],
  price: ['pricing_kind', 'price_amount', 'price_currency', 'price_per'],
};

/**
 * What of a plugin that was known before somebody wants to be told of; whether users moved far enough the database compares with
 * when they were told last. What one did not know before has not changed.
 */
export function whatChanged({ id, before, cells }: MergedPlugin): { pluginId: string; what: string[] }[] {
  if (Object.keys(Object(before.field_times)).length === 0) return [];
  const what = Object.entries(material).flatMap(([name, columns]) => {
    const wasKnown = columns.some((column) => before[column] !== null);
    return wasKnown && columns.some((column) => before[column] !== (cells[column] ?? null)) ? [name] : [];
  });
  return [{ pluginId: id, what }];
}
