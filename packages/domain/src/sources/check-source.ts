import { ConnectorSettingsError, connectorOf } from '@granary/marketplaces';
import { DomainError } from '../errors/domain-error.ts';
import { nextRun } from '../schedules/next-run.ts';

interface Wanted {
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly crawls: boolean;
  readonly cron: string | null;
  readonly timeZone: string;
}

/**
 * Whether a connector can work with these settings; returns when the schedule is due next. Throws DomainError invalid, which
 * names the field. `byOperator`: may have marketplaces crawled whose terms restrict it.
 */
export function checkSource(
  { connector: name, settings, crawls, cron, timeZone }: Wanted,
  byOperator: boolean,
): Date | null {
  const connector = connectorOf(name);
  if (!connector) throw new DomainError('invalid', 'there is no such connector', { field: 'connector' });
  if (crawls && !connector.crawledByDefault && !byOperator)
    throw new DomainError(
      'invalid',
      `the terms of ${connector.label} restrict crawling: pages are imported, unless who runs the installation allows more`,
      { field: 'crawls' },
    );
  try {
    connector.start(settings);
    connector.hosts(settings);
  } catch (error) {
    if (error instanceof ConnectorSettingsError)
      throw new DomainError('invalid', error.message, { field: 'settings' }, { cause: error });
    throw error;
  }
  const next = nextRun(cron ?? '0 0 * * *', timeZone, new Date()); // which checks the time zone as well
  return cron === null ? null : next;
}
