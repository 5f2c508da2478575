import type { GranaryClient, InputOf, OutputOf } from '@granary/client';

export type QuarantinePage = OutputOf<'datasets.quarantine'>;
export interface QuarantineSelection extends Omit<InputOf<'datasets.quarantine'>, 'version' | 'limit' | 'cursor'> {
  readonly version?: number | undefined;
}

const pageSize = 1000;

/** The quarantined rows that are selected, some at a time; all of one version, whatever becomes current meanwhile. */
export async function* quarantinePages(
  client: GranaryClient,
  selection: QuarantineSelection,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<QuarantinePage> {
  let { version } = selection;
  let cursor: number | undefined;
  for (let left = limit; left > 0; ) {
    const page = await client.datasets.quarantine({ ...selection, version, limit: Math.min(left, pageSize), cursor });
    yield page;
    if (page.nextCursor === null) return;
    version = page.version;
    cursor = page.nextCursor;
    left -= page.items.length;
  }
}
