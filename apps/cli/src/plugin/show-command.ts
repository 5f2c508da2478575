import type { OutputOf } from '@granary/client';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import { sparkline } from '../chart/sparkline.ts';
import type { CommandContext } from '../context.ts';
import { formatTable } from '../output/table.ts';
import { findPlugin } from './find-plugin.ts';
import { count, metricName, rating, revenue, titleOf } from './print-facts.ts';

export function addShowCommand(plugin: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(plugin.command('show'))
    .description('show what is known of a plugin')
    .argument('<plugin>', 'its id, marketplace/id, or words that it alone is called by')
    .option('--provenance', 'of each field which capture it is from, and where on the page it stood')
    .action((wanted: string, { provenance, ...flags }: CallerFlags & { readonly provenance?: true }) =>
      withCaller(context, flags, async (client) => {
        const pluginId = await findPlugin(client, wanted);
        const found = await client.plugins.get({ pluginId });
        if (flags.json) return terminal.print(JSON.stringify(found));
        if (provenance)
          return terminal.print(formatTable(['field', 'of', 'place', 'capture', 'parser'], sourcesOf(found)));
        const { points } = await client.plugins.series({ pluginId });
        const shape = sparkline(points.map(({ day, users }) => ({ day, value: users?.value ?? null })));
        const rows = [...linesOf(found), ['over time', shape]].filter(([, value]) => value !== '');
        terminal.print(formatTable([titleOf(found), ''], rows));
      }),
    );
}

/** A line for each field, in the order of their names. */
function sourcesOf({ readAt }: OutputOf<'plugins.get'>): string[][] {
  return Object.entries(readAt)
    .flatMap(([reading, fields]) => {
      const [time = '', capture = '', version = '', place = ''] = reading.split('|');
      return fields.map((field) => [field, time, place, capture, String(Number(version))]);
    })
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

function linesOf(found: OutputOf<'plugins.get'>): string[][] {
  const { pricing, revenue: estimated, described } = found;
  const tier = pricing.lowestPaidTier;
  const reason = [found.stateReason, found.closedOn].filter((each) => each !== null).join(', ');
  return [
    ['id', found.id],
    ['at', `${found.marketplace}/${found.externalId}${found.isOwn ? ' (the organization’s own source)' : ''}`],
    ['url', found.url ?? ''],
    ['state', reason === '' ? found.state : `${found.state}: ${reason}`],
    ['summary', found.summary ?? ''],
    [
      'described',
      described === null
        ? ''
        : `${described.summary} [${described.tags.join(', ')}] (by ${described.model.name}${described.isStale ? ', of an older page' : ''})`,
    ],
    ['company', found.company?.name ?? found.developer.name ?? ''],
    ['users', found.users === null ? '' : `${count(found.users)} ${metricName(found.users.metric)}`],
    [
      'rating',
      found.rating === null ? '' : `${rating(found.rating)} of 5, ${count(found.ratingCount) || 'unknown'} ratings`,
    ],
    [
      'per thousand users',
      found.ratingsPerThousandUsers === null ? '' : `${found.ratingsPerThousandUsers.toFixed(2)} ratings`,
    ],
    ['version', found.version ?? ''],
    ['categories', found.categories?.join(', ') ?? ''],
    ['permissions', found.permissions?.join(', ') ?? ''],
    ['pricing', pricing.text ?? metricName(pricing.kind ?? '')],
    [
      'lowest tier',
      tier === null ? '' : `${tier.amount} ${tier.currency} ${tier.per === 'once' ? 'once' : `a ${tier.per}`}`,
    ],
    [
      'revenue',
      estimated === null
        ? ''
        : `${revenue(estimated)} (estimated, ${metricName(estimated.basis)}, model ${estimated.modelVersion})`,
    ],
    ['seen', `${found.firstSeenAt.slice(0, 10)} to ${found.lastSeenAt.slice(0, 10)}`],
  ];
}
