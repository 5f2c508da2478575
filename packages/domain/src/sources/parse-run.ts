import { fieldHealth, run, type SourceRun } from './schema.ts';

/** A run as callers see it: counts are bigint in the database, and come as text or number. */
export function parseRun({ fieldHealth: read, ...row }: Readonly<Record<string, unknown>>): SourceRun {
  const fields = Object.entries(fieldHealth.parse(read)).map(([field, count]) => ({ field, ...count }));
  fields.sort((a, b) => (a.field < b.field ? -1 : 1));
  const numbers = Object.entries(row).map(([name, value]) => [name, counts.has(name) ? Number(value) : value] as const);
  return run.parse({ ...Object.fromEntries(numbers), fields });
}

const counts = new Set([
  'discovered',
  'fetched',
  'unchanged',
  'changed',
  'failed',
  'skipped',
  'bytes',
  'plugins',
  'pluginsChanged',
  'heldBack',
]);
