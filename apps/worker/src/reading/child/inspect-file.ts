import { requireApplicable } from '../applicable-options.ts';
import { isParquet, refuseKnownKinds } from '../input/file-kind.ts';
import { headOf } from '../input/head-of.ts';
import { applyOptions } from '../parquet/apply-options.ts';
import { readParquet } from '../parquet/read-parquet.ts';
import type { InspectRequest } from '../protocol.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, ReadingPlan } from '../reading-plan.ts';
import { readRecords } from '../records/read-records.ts';
import { readXlsx } from '../xlsx/read-xlsx.ts';
import { inspectText } from './inspect-text.ts';
import { type UnpackedFile, unpackLayers } from './unpack-layers.ts';

/** Settles all that is to be known of a file before its rows are copied. Throws ReadError. */
export async function inspectFile(request: InspectRequest, progress: ReadingContext['progress']): Promise<ReadingPlan> {
  const { workDirectory, limits } = request;
  const context: ReadingContext = { workDirectory, limits, progress };
  if (request.records) return readRecords(request.path, request.records, context);
  if (headOf(request.path).length === 0) throw new ReadError('not_a_table', 'The file is empty: it has no bytes.');
  const file = await unpackLayers(request, context);
  const plan = await inspectUnpacked(file, { ...request, fileName: file.fileName }, context);
  return { ...plan, inspection: { ...plan.inspection, notes: [...file.notes, ...plan.inspection.notes] } };
}

async function inspectUnpacked(
  { path, container, isWorkbook }: UnpackedFile,
  request: InspectRequest,
  context: ReadingContext,
): Promise<ReadingPlan> {
  const notText = { container, encoding: null, bom: false } as const;
  if (isWorkbook) {
    requireApplicable('xlsx', request.overrides);
    const plan = await readXlsx(path, request.overrides, context);
    return { ...plan, inspection: { ...plan.inspection, ...notText, format: 'xlsx', offsetsIn: 'decoded text' } };
  }
  const head = headOf(path);
  if (isParquet(head)) {
    requireApplicable('parquet', request.overrides);
    const plan = await applyOptions(await readParquet(path, context), request.overrides, context);
    const offsetsIn = plan.path === path ? 'file' : 'decoded text';
    return { ...plan, inspection: { ...plan.inspection, ...notText, format: 'parquet', offsetsIn } };
  }
  refuseKnownKinds(head);
  return inspectText(path, container, request, context);
}
