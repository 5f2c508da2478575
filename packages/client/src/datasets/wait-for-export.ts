import type { CallOptions, Calls } from '../calls.ts';
import type { DatasetsExportStatusInput, ExportWithManifest } from '../contract.gen.ts';
import { isErrorKind } from '../error-from.ts';
import { GranaryError } from '../errors.ts';
import { pause } from './watch-load.ts';

const slowest = 2000; // milliseconds between two questions

/** Asks until the export is ready, less and less often; throws GranaryError with what it failed of. */
export async function waitForExport(
  exportStatus: Calls['datasets']['exportStatus'],
  input: DatasetsExportStatusInput,
  { signal }: CallOptions = {},
): Promise<ExportWithManifest> {
  for (let wait = 100; ; wait = Math.min(wait * 1.5, slowest)) {
    const found = await exportStatus(input, { signal });
    if (found.state === 'ready') return found;
    if (found.state === 'expired') throw new GranaryError('not_found', 'the file of this export has expired');
    if (found.state === 'failed') {
      const { kind, message } = found.error ?? { kind: 'internal', message: 'the export failed' };
      throw new GranaryError(isErrorKind(kind) ? kind : 'internal', message, { details: { export: found } });
    }
    await pause(wait, signal);
  }
}
