import { isParquet, refuseKnownKinds } from '../input/file-kind.ts';
import { headOf } from '../input/head-of.ts';
import { readParquet } from '../parquet/read-parquet.ts';
import type { InspectRequest } from '../protocol.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, ReadingPlan } from '../reading-plan.ts';
import { readXlsx } from '../xlsx/read-xlsx.ts';
import { inspectText } from './inspect-text.ts';
import { type UnpackedFile, unpackLayers } from './unpack-layers.ts';

/** Settles all that is to be known of a file before its rows are copied. Throws ReadError. */
export async function inspectFile(request: InspectRequest, progress: ReadingContext['progress']): Promise<ReadingPlan> {
  const { workDirectory, limits } = request;
  const context: ReadingContext = { workDirectory, limits, progress };
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
  const { sheet, path: jsonPath, widths } = request.overrides;
  const notText = { container, encoding: null, bom: false } as const;
  if (isWorkbook) {
    refuseOptions({ path: jsonPath, widths }, 'an Excel workbook');
    const plan = await readXlsx(path, request.overrides, context);
    return { ...plan, inspection: { ...plan.inspection, ...notText, format: 'xlsx', offsetsIn: 'decoded text' } };
  }
  refuseOptions({ sheet }, 'no Excel workbook');
  const head = headOf(path);
  if (isParquet(head)) {
    refuseOptions({ path: jsonPath, widths }, 'a Parquet file');
    const plan = await readParquet(path, context);
    return { ...plan, inspection: { ...plan.inspection, ...notText, format: 'parquet', offsetsIn: 'file' } };
  }
  refuseKnownKinds(head);
  return inspectText(path, container, request, context);
}

/** What the user says is never passed over in silence. */
function refuseOptions(options: Record<string, unknown>, what: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw new ReadError('unsupported', `The option ${name} was given, but the file is ${what}.`, { option: name });
  }
}
