import { formatBytes } from '../output/measures.ts';
import { formatTable } from '../output/table.ts';
import type { Alarm, Capture, Change, Health, Run, Source } from './sources.ts';

export const sourceTable = (sources: readonly Source[]): string =>
  formatTable(
    ['id', 'name', 'connector', 'schedule', 'state', 'next run'],
    sources.map((each) => [
      each.id,
      each.name,
      each.connector,
      scheduleOf(each),
      stateOf(each),
      each.isPaused ? '' : (each.nextRunAt ?? ''),
    ]),
  );

const scheduleOf = ({ cron, timeZone }: Source): string => (cron === null ? '' : `${cron} ${timeZone}`);
const stateOf = ({ isPaused, crawls }: Source): string => (isPaused ? 'paused' : crawls ? 'crawls' : 'imports');

export const describeSource = (source: Source): string =>
  formatTable(
    ['source', source.id],
    [
      ['name', source.name],
      ['connector', source.connector],
      ['settings', JSON.stringify(source.settings)],
      ['schedule', scheduleOf(source)],
      ['state', stateOf(source)],
      ['next run', source.nextRunAt ?? ''],
      ['requests a second', String(source.rate)],
      ['captures are kept', source.keepCapturesDays === null ? '' : `${source.keepCapturesDays} days`],
      ['revision', String(source.revision)],
    ],
  );

export const runTable = (runs: readonly Run[]): string =>
  formatTable(
    ['id', 'trigger', 'state', 'began', 'fetched', 'unchanged', 'changed', 'failed', 'plugins', 'held back', 'alarms'],
    runs.map((each) => [
      each.id,
      each.dryRun ? `${each.trigger} (dry)` : each.trigger,
      each.state,
      each.startedAt ?? '',
      each.fetched,
      each.unchanged,
      each.changed,
      each.failed,
      each.plugins,
      each.heldBack,
      each.alarms.map(({ field }) => field).join(', '),
    ]),
  );

export const captureTable = (captures: readonly Capture[]): string =>
  formatTable(
    ['id', 'of', 'origin', 'status', 'bytes', 'address'],
    captures.map((each) => [
      each.id,
      each.fetchedAt,
      each.origin,
      each.notModified ? `${each.status} (not modified)` : each.status,
      each.bytes,
      each.url,
    ]),
  );

export const describeRun = (run: Run): string =>
  formatTable(
    ['run', run.id],
    [
      ['state', run.error === null ? run.state : `${run.state}: ${run.error}`],
      ['requests', `${run.discovered}, of which ${run.failed} failed and ${run.skipped} were not made`],
      [
        'pages',
        `${run.fetched} fetched (${formatBytes(run.bytes)}), ${run.changed} changed, ${run.unchanged} unchanged`,
      ],
      [
        'plugins',
        `${run.plugins} read, ${run.pluginsChanged} ${run.dryRun ? 'would be' : ''} changed, ${run.heldBack} held back`,
      ],
      ['fields', run.fields.map(({ field, read, pages }) => `${field} ${read} of ${pages}`).join(', ')],
      [
        run.dryRun ? 'would be otherwise' : 'otherwise now',
        Object.entries(run.changedFields)
          .map(([field, pages]) => `${field} on ${pages} pages`)
          .join(', '),
      ],
      ...run.alarms.map(({ field, kind, before, now }) => [
        'alarm',
        `${field} is ${kind}: ${percent(before)} of pages before, ${percent(now)} now`,
      ]),
    ].filter(([, value]) => value !== ''),
  );

export const changeTable = (changes: readonly Change[]): string =>
  formatTable(
    ['page', 'captured', 'field', 'before', 'after'],
    changes.flatMap(({ url, capturedAt, changes: fields }) =>
      fields.map(({ field, before, after }) => [url, capturedAt, field, before ?? '', after ?? '']),
    ),
  );

export const describeAlarm = ({ field, kind, before, now, raisedAt }: Alarm): string =>
  `${field} is ${kind}: ${percent(before)} of pages before, ${percent(now)} now (since ${raisedAt})`;

export const describeHealth = ({ fields, alarms, open, heldBack, state }: Health): string => {
  if (state === null) return 'no run has read a page';
  const rows = fields.map(({ field, pages, share, before, by }) => [
    field,
    pages,
    share === null ? '' : percent(share),
    before === null ? '' : percent(before),
    Object.entries(by)
      .map(([origin, times]) => `${origin} ${times}`)
      .join(', '),
    alarms.find((each) => each.field === field)?.kind ?? '',
  ]);
  const table = formatTable(['field', 'pages', 'read', 'before', 'from', 'alarm'], rows);
  const notes = [...open.map(describeAlarm), ...(heldBack === 0 ? [] : [`${heldBack} readings were held back`])];
  return [table, ...notes].join('\n');
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;
