import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readCsv, type TablePlan } from '../csv/read-csv.ts';
import { detectEncoding, type TextEncoding } from '../input/detect-encoding.ts';
import { containerOf, isParquet, refuseKnownKinds, refuseOtherThanText } from '../input/file-kind.ts';
import { transcode } from '../input/transcode.ts';
import { unpack } from '../input/unpack.ts';
import type { Inspection } from '../inspection.ts';
import { looksLikeJson } from '../json/looks-like-json.ts';
import { readJson } from '../json/read-json.ts';
import { readParquet } from '../parquet/read-parquet.ts';
import type { InspectRequest } from '../protocol.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, ReadingPlan, TextFile } from '../reading-plan.ts';

const headBytes = 1 << 16;

/** Settles all that is to be known of a file before its rows are copied. Throws ReadError. */
export async function inspectFile(request: InspectRequest, progress: ReadingContext['progress']): Promise<ReadingPlan> {
  const { workDirectory, limits } = request;
  const context: ReadingContext = { workDirectory, limits, progress };
  let source = request.path;
  if (headOf(source).length === 0) throw new ReadError('not_a_table', 'The file is empty.');
  const container = containerOf(headOf(source));
  if (container) {
    const target = path.join(workDirectory, 'unpacked');
    const onProgress = (bytes: number, total: number) => progress('decoding', bytes, total);
    await unpack({ path: source, container, target, maxBytes: limits.decodedBytes, onProgress });
    source = target;
    if (headOf(source).length === 0)
      throw new ReadError('not_a_table', 'The file is empty: what is packed in it holds nothing.');
  }
  const head = headOf(source);
  if (isParquet(head)) {
    const plan = await readParquet(source, context);
    return {
      ...plan,
      inspection: { ...plan.inspection, format: 'parquet', container, encoding: null, bom: false, offsetsIn: 'file' },
    };
  }
  refuseKnownKinds(head);
  return inspectText(source, container, request, context);
}

async function inspectText(
  source: string,
  container: Inspection['container'],
  request: InspectRequest,
  context: ReadingContext,
): Promise<ReadingPlan> {
  const file = openSync(source, 'r');
  try {
    const { overrides, workDirectory } = request;
    const { size } = fstatSync(file);
    const onProgress = (bytes: number) => context.progress('decoding', bytes, size);
    const encoding = await detectEncoding(file, overrides.encoding, onProgress);
    let text: TextFile = {
      path: source,
      file,
      size,
      bomBytes: encoding.bomBytes,
      hasInvalidBytes: encoding.hasInvalidBytes,
    };
    if (encoding.name !== 'utf-8') {
      const target = path.join(workDirectory, 'decoded');
      const hasInvalidBytes = await transcode(file, {
        from: encoding.bomBytes,
        encoding: encoding.name,
        target,
        onProgress,
      });
      if (container) rmSync(source);
      const decoded = openSync(target, 'r');
      text = { path: target, file: decoded, size: fstatSync(decoded).size, bomBytes: 0, hasInvalidBytes };
    }
    try {
      return withEncoding(await inspectDecoded(text, request, context), container, encoding);
    } finally {
      if (text.file !== file) closeSync(text.file);
    }
  } finally {
    closeSync(file);
  }
}

async function inspectDecoded(
  text: TextFile,
  { overrides, fileName }: InspectRequest,
  context: ReadingContext,
): Promise<TextPlan> {
  const head = headOf(text.path).subarray(text.bomBytes);
  refuseOtherThanText(head);
  const json =
    overrides.delimiter === undefined ? looksLikeJson(head, head.length + text.bomBytes === text.size, fileName) : null;
  if (json) return { plan: await readJson(text, json, context), format: json };
  return { plan: await readCsv(text, overrides, context), format: 'csv' };
}

interface TextPlan {
  readonly plan: TablePlan;
  readonly format: Inspection['format'];
}

function withEncoding(
  { plan, format }: TextPlan,
  container: Inspection['container'],
  encoding: TextEncoding,
): ReadingPlan {
  const { inputRows, cleanRows, quarantinedRows, notes } = plan.inspection;
  if (inputRows !== cleanRows + quarantinedRows) {
    throw new ReadError(
      'crashed',
      `The rows do not add up: ${inputRows} were read, ${cleanRows} fit and ${quarantinedRows} do not.`,
    );
  }
  const offsetsIn = container || encoding.name !== 'utf-8' ? 'decoded text' : 'file';
  return {
    ...plan,
    inspection: {
      ...plan.inspection,
      notes: [...encodingNotes(encoding, offsetsIn), ...notes],
      format,
      container,
      encoding: encoding.name,
      bom: encoding.bomBytes > 0,
      offsetsIn,
    },
  };
}

function encodingNotes({ name, how, hasInvalidBytes }: TextEncoding, offsetsIn: Inspection['offsetsIn']): string[] {
  const notes: string[] = [];
  if (how === 'guessed' && name !== 'utf-8')
    notes.push(`The file is not UTF-8; it was read as ${name}, which is a guess.`);
  if (hasInvalidBytes)
    notes.push('The file is UTF-8 but for some damaged bytes; rows that hold one are in quarantine.');
  if (offsetsIn === 'decoded text')
    notes.push('Lines and offsets of quarantined rows count in the unpacked and decoded text.');
  return notes;
}

function headOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    return head.subarray(0, readSync(descriptor, head, 0, headBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}
