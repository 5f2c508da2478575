import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { operatorActions as actions } from '@granary/domain';
import { openObjectStore } from '@granary/object-store';
import type { Environment } from '../env.ts';
import type { Act } from '../operator/with-operator.ts';
import { CommandFailure } from '../output/failure.ts';
import type { Sources } from './sources.ts';
import { upTo } from './up-to.ts';

export function publicSources(act: Act, settings: Pick<Environment, 'objectStore' | 'folders'>): Sources {
  return {
    list: () => act(actions.listPublicSources, {}),
    create: (fields) => act(actions.createPublicSource, fields),
    update: (sourceId, fields) => act(actions.updatePublicSource, { sourceId, ...fields }),
    remove: (sourceId) => act(actions.deletePublicSource, { sourceId }),
    pause: (sourceId, isPaused) => act(actions.pausePublicSource, { sourceId, isPaused }),
    run: (sourceId) => act(actions.runPublicSource, { sourceId }),
    reparse: (sourceId, dryRun) => act(actions.reparsePublicSource, { sourceId, dryRun }),
    backfill: (sourceId, { addresses, ...fields }) =>
      act(actions.backfillPublicSource, { sourceId, ...fields, ...(addresses && { addresses: [...addresses] }) }),
    acknowledge: (sourceId, alarmId) => act(actions.acknowledgePublicAlarm, { sourceId, alarmId }),
    cancel: (sourceId, runId) => act(actions.cancelPublicRun, { sourceId, runId }),
    runs: (sourceId, limit) => act(actions.listPublicRuns, { sourceId, limit }),
    async runStatus(sourceId, runId) {
      const [run] = await act(actions.listPublicRuns, { sourceId, runId });
      if (!run) throw new CommandFailure('no such run');
      return run;
    },
    changes: (sourceId, runId) => act(actions.listPublicChanges, { sourceId, runId }),
    health: (sourceId) => act(actions.getPublicHealth, { sourceId }),
    captures: (sourceId, limit) => upTo(limit, (page) => act(actions.listPublicCaptures, { sourceId, ...page })),
    async openCapture(sourceId, captureId) {
      const { ownerId, sha256, encoding } = await act(actions.openPublicCapture, { sourceId, captureId });
      const store = await openObjectStore(settings.objectStore, settings.folders);
      const packed = await store.read({ tenantId: ownerId, sha256 });
      const body = encoding === 'gzip' ? createGunzip() : createZstdDecompress();
      packed.once('error', (error) => body.destroy(error));
      return Readable.toWeb(packed.pipe(body));
    },
    async importFile(sourceId, file, fields) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(file), hash);
      const sha256 = hash.digest('hex');
      const { size: bytes } = await stat(file);
      const { ownerId, claim } = await act(actions.claimPublicObject, { sha256, bytes });
      const store = await openObjectStore(settings.objectStore, settings.folders);
      // the store takes the file over, so it gets a copy
      await mkdir(settings.folders.workDirectory, { recursive: true });
      const copy = path.join(settings.folders.workDirectory, `object-${process.pid}-${randomUUID()}`);
      try {
        await copyFile(file, copy);
        await store.putFile({ tenantId: ownerId, sha256 }, copy);
      } finally {
        await rm(copy, { force: true });
      }
      return act(actions.importPublicPages, { sourceId, sha256, claim, fileName: path.basename(file), ...fields });
    },
  };
}
