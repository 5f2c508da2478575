import path from 'node:path';
import type { GranaryClient } from '@granary/client';
import type { Source, Sources } from './sources.ts';
import { upTo } from './up-to.ts';

export function apiSources({ sources }: GranaryClient): Sources {
  return {
    async list() {
      const found: Source[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await sources.list({ limit: 1000, cursor });
        found.push(...page.items);
        if (page.nextCursor === null) return found;
        cursor = page.nextCursor;
      }
    },
    captures: (sourceId, limit) => upTo(limit, (page) => sources.captures({ sourceId, ...page })),
    openCapture: (sourceId, captureId) => sources.downloadCapture({ sourceId, captureId }),
    create: (fields) => sources.create(fields),
    update: (sourceId, fields) => sources.update({ sourceId, ...fields }),
    remove: (sourceId) => sources.delete({ sourceId }),
    pause: (sourceId, isPaused) => (isPaused ? sources.pause({ sourceId }) : sources.resume({ sourceId })),
    run: (sourceId) => sources.run({ sourceId }),
    reparse: (sourceId, dryRun) => sources.reparse({ sourceId, dryRun }),
    backfill: (sourceId, { addresses, ...fields }) =>
      sources.backfill({ sourceId, ...fields, ...(addresses && { addresses: [...addresses] }) }),
    acknowledge: (sourceId, alarmId) => sources.acknowledgeAlarm({ sourceId, alarmId }),
    cancel: (sourceId, runId) => sources.cancel({ sourceId, runId }),
    runs: async (sourceId, limit) => (await sources.runs({ sourceId, limit })).items,
    runStatus: (sourceId, runId) => sources.runStatus({ sourceId, runId }),
    changes: async (sourceId, runId) => (await sources.runChanges({ sourceId, runId })).items,
    health: (sourceId) => sources.health({ sourceId }),
    importFile: (sourceId, file, fields) =>
      sources.importFile({ path: file }, { sourceId, fileName: path.basename(file), ...fields }),
  };
}
