import { addHealth, type FieldHealth } from '@granary/marketplaces';
import { z } from 'zod';
import { alarm, fieldCount, fieldHealth, raisedAlarm, runState } from './schema.ts';

const share = z.number().min(0).max(1).nullable();

export const sourceHealth = z
  .object({
    runId: z.uuid().nullable().meta({ description: 'The newest run that read pages; null: none did' }),
    state: runState.nullable(),
    endedAt: z.string().nullable(),
    alarms: z.array(alarm).meta({ description: 'Of that run' }),
    open: z.array(raisedAlarm).meta({ description: 'Alarms that are on, and that nobody has acknowledged' }),
    heldBack: z.int(),
    fields: z.array(
      fieldCount.extend({
        share,
        before: share.meta({ description: 'Share of the five runs before that went well' }),
      }),
    ),
  })
  .meta({ id: 'SourceHealth' });

export interface RunWithHealth {
  readonly id: string;
  readonly state: string;
  readonly endedAt: string | null;
  readonly heldBack: string | number;
  readonly alarms: unknown;
  readonly fieldHealth: unknown;
}

/** How well the newest run reads each field, beside those before. Newest first. */
export function healthFrom(
  [newest, ...former]: readonly RunWithHealth[],
  raised: readonly unknown[],
): z.input<typeof sourceHealth> {
  const open = z.array(raisedAlarm).parse(raised);
  if (!newest) return { runId: null, state: null, endedAt: null, alarms: [], open, heldBack: 0, fields: [] };
  const now: FieldHealth = withoutUndefined(fieldHealth.parse(newest.fieldHealth));
  const before = former
    .filter(({ state, alarms }) => state === 'succeeded' && z.array(z.unknown()).parse(alarms).length === 0)
    .slice(0, 5)
    .map(({ fieldHealth: kept }) => withoutUndefined(fieldHealth.parse(kept)))
    .reduce(addHealth, {});
  const fields = [...new Set([...Object.keys(now), ...Object.keys(before)])].sort().map((field) => {
    const { pages, read, by } = now[field] ?? { pages: 0, read: 0, by: {} };
    const was = before[field];
    return {
      field,
      pages,
      read,
      by,
      share: pages === 0 ? null : read / pages,
      before: was && was.pages > 0 ? was.read / was.pages : null,
    };
  });
  return {
    runId: newest.id,
    state: runState.parse(newest.state),
    endedAt: newest.endedAt,
    alarms: z.array(alarm).parse(newest.alarms),
    open,
    heldBack: Number(newest.heldBack),
    fields,
  };
}

const withoutUndefined = (health: z.output<typeof fieldHealth>): FieldHealth =>
  Object.fromEntries(
    Object.entries(health).map(([field, { by, ...count }]) => [
      field,
      { ...count, by: Object.fromEntries(Object.entries(by).filter(([, times]) => times !== undefined)) },
    ]),
  );
