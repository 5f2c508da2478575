import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../context.ts';
import { openClient } from '../dataset/open-client.ts';
import { addFilterOptions, type FilterFlags, filterOf } from './filter-flags.ts';

interface TailFlags extends FilterFlags {
  readonly lines: number;
  readonly follow?: true;
  readonly json?: true;
}

export function addTailCommand(audit: Command, { environment, terminal }: CommandContext): void {
  addFilterOptions(audit.command('tail'))
    .description('print the newest audit events of the key’s organization')
    .option('-n, --lines <number>', 'how many', parseLines, 20)
    .option('-f, --follow', 'go on with those that come, until Ctrl-C')
    .option('--json', 'print one JSON object a line')
    .action(async ({ lines, follow, json, ...flags }: TailFlags) => {
      const client = await openClient(environment(), flags);
      const filter = filterOf(flags);
      const print = (event: AuditEvent) => terminal.print(json ? JSON.stringify(event) : describe(event));
      // before the newest are read: what comes meanwhile is in both, and told once
      const { cursor } = await client.audit.follow({});
      const { items } = await client.audit.list({ ...filter, limit: lines });
      for (const event of items.toReversed()) print(event);
      if (!follow) return;
      const seen = new Set(items.map(({ id }) => id));
      for await (const event of client.audit.tail({ ...filter, cursor })) if (!seen.delete(event.id)) print(event);
    });
}

type AuditEvent = Awaited<ReturnType<Awaited<ReturnType<typeof openClient>>['audit']['list']>>['items'][number];

function describe({
  at,
  sequence,
  verb,
  action,
  outcome,
  actorKind,
  actorId,
  entityType,
  entityId,
}: AuditEvent): string {
  const who = actorKind === 'system' ? 'system' : `${actorKind} ${actorId}`;
  const what = `${entityType}${entityId === null ? '' : ` ${entityId}`}`;
  return [at, sequence ?? '-', outcome === 'done' ? verb : `${verb} refused`, action, what, 'by', who].join('  ');
}

function parseLines(text: string): number {
  const lines = Number(text);
  if (Number.isInteger(lines) && lines >= 1 && lines <= 1000) return lines;
  throw new InvalidArgumentError('from 1 to 1000');
}
