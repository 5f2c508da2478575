import type { Load } from '@granary/client';
import { expect, test } from 'vitest';
import { describeProgress, summarizeTypes } from './describe-progress.ts';

const load: Load = {
  datasetId: '',
  versionId: '',
  version: 1,
  state: 'running',
  phase: 'copying',
  bytesDone: 6_500_000,
  bytesTotal: 13_000_000,
  rowsDone: 1_964_075,
  rowsPerSecond: 368_771.4,
  inputRows: null,
  loadedRows: null,
  quarantinedRows: null,
  notes: [],
  error: null,
  startedAt: null,
  finishedAt: null,
};

test('progress says how far it is, in a line of a terminal', () => {
  expect(describeProgress({ phase: 'sending', bytesSent: 250, bytesTotal: 1000 })).toBe(
    '[####............]  25 %  sending 250 bytes',
  );
  expect(describeProgress({ phase: 'loading', load })).toBe(
    '[########........]  50 %  copying  1,964,075 rows  368,771 rows/s',
  );
  const queued: Load = { ...load, phase: 'queued', bytesDone: 0, rowsDone: 0, rowsPerSecond: null };
  expect(describeProgress({ phase: 'loading', load: queued })).toBe('[................]   0 %  queued');
});

test('types are counted, the most frequent first', () => {
  const columns = ['bigint', 'text', 'date', 'text'].map((type) => ({ type }));
  expect(summarizeTypes(columns)).toBe('text 2, bigint 1, date 1');
});
