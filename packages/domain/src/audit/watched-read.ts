import type { WatchedRead } from '@granary/db';
import { z } from 'zod';
import type { AnyQuery, AuditRule } from '../actions/define-action.ts';
import { subjectOf } from './subject-of.ts';

/** How something gets on: asked again and again while it does, and by the streams of events. */
const progress: readonly string[] = [
  'datasets.loadStatus',
  'datasets.exportStatus',
  'datasets.replayStatus',
  'runs.get',
  'runs.logs',
  'uploads.get',
  'audit.follow',
  'sources.runStatus',
  'notifications.follow',
  'notifications.unreadCount',
];

const namesDataset = z.object({ datasetId: z.string() });
const namesTable = z.object({ tableName: z.string() });

/** What a read is about, for the session to say whether it has to be recorded; nothing where it never has. */
export function watchedRead({ name }: AnyQuery, input: unknown): WatchedRead | undefined {
  if (progress.includes(name)) return undefined;
  const { data } = namesDataset.safeParse(input);
  return { datasetId: data?.datasetId ?? null, byName: namesTable.safeParse(input).success };
}

/** Whether the session refused the fast path, because the organization or the dataset has its reads recorded. */
export const asksForRecord = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'GR490';

/** What is kept of a read that says nothing of itself: which thing it was. What was looked for may be a secret. */
export function readRule(action: AnyQuery): AuditRule<never, never> {
  return {
    entityType: subjectOf(action).type,
    entityId: (input) => subjectOf(action, input).id,
    details(input) {
      const { data } = namesTable.safeParse(input);
      return data ? { tableName: data.tableName } : {};
    },
  };
}
