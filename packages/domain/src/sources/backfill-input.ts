import { ConnectorSettingsError, connectorOf } from '@granary/marketplaces';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';

const day = z.iso.date();

/** What an archive is to be asked for. */
export const backfillInput = z.strictObject({
  sourceId: z.uuid(),
  addresses: z
    .array(z.string().max(1000))
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'Of items of the marketplace; of all plugins that are known of it, if you name none' }),
  from: day.optional().meta({ description: 'Only captures since this UTC day' }),
  to: day.optional(),
  minimumDays: z.int().min(1).max(3650).default(30).meta({ description: 'Between two captures of an item' }),
});

/** For app.backfill_source. Throws DomainError invalid, where the connector's pages are in no archive or an address is none of an item. */
export function historyOf(connector: string, { sourceId: _, ...history }: z.output<typeof backfillInput>): string {
  try {
    connectorOf(connector)?.start({ history: { addresses: [], ...history } });
  } catch (error) {
    if (!(error instanceof ConnectorSettingsError)) throw error;
    throw new DomainError('invalid', error.message, { field: 'addresses' }, { cause: error });
  }
  return JSON.stringify(history);
}
