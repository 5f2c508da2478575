import type { GranaryClient } from '@granary/client';
import { type QuarantinePage, type QuarantineSelection, quarantinePages } from './quarantine-pages.ts';

/** Dismisses the open rows that are selected; a row that somebody decides about meanwhile is a conflict. */
export const dismissSelected = (client: GranaryClient, selection: QuarantineSelection, reason: string) =>
  eachPage(client, { ...selection, state: 'open' }, (page) => client.datasets.dismissQuarantine({ ...page, reason }));

export const reopenSelected = (client: GranaryClient, selection: QuarantineSelection) =>
  eachPage(client, { ...selection, state: 'dismissed' }, (page) => client.datasets.reopenQuarantine(page));

async function eachPage(
  client: GranaryClient,
  selection: QuarantineSelection,
  decide: (page: {
    datasetId: string;
    version: number;
    quarantined: Pick<QuarantinePage['items'][number], 'number' | 'revision'>[];
  }) => Promise<{ changed: number }>,
): Promise<number> {
  let changed = 0;
  for await (const { version, items } of quarantinePages(client, selection)) {
    if (items.length === 0) continue;
    const quarantined = items.map(({ number, revision }) => ({ number, revision }));
    changed += (await decide({ datasetId: selection.datasetId, version, quarantined })).changed;
  }
  return changed;
}
