import { getConstructionPlans } from 'pg-boss';

/** The queue's schema as a migration: without BEGIN and COMMIT, which the runner supplies. */
export function renderQueueMigration(): string {
  const body = getConstructionPlans('jobs', { createSchema: true })
    .replace(/^\s*BEGIN;\s*$/m, '')
    .replace(/^\s*COMMIT;\s*$/m, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
  return `-- The queue's schema, as the pinned pg-boss asks for it (apps/worker/src/queue/render-migration.ts); never edit by hand.\n${body}\n`;
}
