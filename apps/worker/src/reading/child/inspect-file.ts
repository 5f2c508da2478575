import path from 'node:path';
import { containerOf, isParquet, refuseKnownKinds } from '../input/file-kind.ts';
import { headOf } from '../input/head-of.ts';
import { unpack } from '../input/unpack.ts';
import { applyOptions } from '../parquet/apply-options.ts';
import { readParquet } from '../parquet/read-parquet.ts';
import type { InspectRequest } from '../protocol.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, ReadingPlan } from '../reading-plan.ts';
import { inspectText } from './inspect-text.ts';

/** Settles all that is to be known of a file before its rows are copied. Throws ReadError. */
export async function inspectFile(request: InspectRequest, progress: ReadingContext['progress']): Promise<ReadingPlan> {
  const { workDirectory, limits } = request;
  const context: ReadingContext = { workDirectory, limits, progress };
  const packedHead = headOf(request.path);
  if (packedHead.length === 0) throw new ReadError('not_a_table', 'The file is empty: it has no bytes.');
  const container = containerOf(packedHead);
  if (!container) return inspectUnpacked(request.path, null, request, context);

  const target = path.join(workDirectory, 'unpacked');
  const onProgress = (bytes: number, total: number) => progress('decoding', bytes, total);
  await unpack({ path: request.path, container, target, maxBytes: limits.decodedBytes, onProgress });
  if (headOf(target).length === 0) {
    throw new ReadError('not_a_table', `The file is empty: the ${container} file holds nothing.`);
  }
  return inspectUnpacked(target, container, request, context);
}

async function inspectUnpacked(
  source: string,
  container: 'gzip' | 'zstd' | null,
  request: InspectRequest,
  context: ReadingContext,
): Promise<ReadingPlan> {
  const head = headOf(source);
  if (!isParquet(head)) {
    refuseKnownKinds(head);
    return inspectText(source, container, request, context);
  }
  const plan = await applyOptions(await readParquet(source, context), request.overrides, context);
  const offsetsIn = plan.path === source ? 'file' : 'decoded text';
  return {
    ...plan,
    inspection: { ...plan.inspection, format: 'parquet', container, encoding: null, bom: false, offsetsIn },
  };
}
