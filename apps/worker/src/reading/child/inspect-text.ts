import { closeSync, fstatSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { requireApplicable } from '../applicable-options.ts';
import { readCsv } from '../csv/read-csv.ts';
import { detectEncoding, type TextEncoding } from '../input/detect-encoding.ts';
import { refuseOtherThanText } from '../input/file-kind.ts';
import { headOf } from '../input/head-of.ts';
import { transcode } from '../input/transcode.ts';
import type { Inspection } from '../inspection.ts';
import { beginsAsJson, looksLikeJson } from '../json/looks-like-json.ts';
import { readJson } from '../json/read-json.ts';
import { settleJson } from '../json/settle-json.ts';
import type { InspectRequest } from '../protocol.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, ReadingPlan, TablePlan, TextFile } from '../reading-plan.ts';

/** Decodes a text where it is not UTF-8 already, and inspects the table in it. Throws ReadError. */
export async function inspectText(
  source: string,
  container: Inspection['container'],
  request: InspectRequest,
  context: ReadingContext,
): Promise<ReadingPlan> {
  const file = openSync(source, 'r');
  try {
    const { size } = fstatSync(file);
    const onProgress = (bytes: number) => context.progress('decoding', bytes, size);
    const encoding = await detectEncoding(file, request.overrides.encoding, onProgress);
    const { name, bomBytes, hasInvalidBytes } = encoding;
    if (name === 'utf-8') {
      const text: TextFile = { path: source, file, size, bomBytes, hasInvalidBytes };
      return describe(await inspectTable(text, request, context), container, encoding, text);
    }
    const target = path.join(request.workDirectory, 'decoded');
    const lostBytes = await transcode(file, { from: bomBytes, encoding: name, target, onProgress });
    if (container) rmSync(source); // what was unpacked is not needed any more
    const decoded = openSync(target, 'r');
    try {
      const text = {
        path: target,
        file: decoded,
        size: fstatSync(decoded).size,
        bomBytes: 0,
        hasInvalidBytes: lostBytes,
      };
      const plan = describe(await inspectTable(text, request, context), container, encoding, text);
      if (plan.path !== target && !request.keepText) rmSync(target);
      return plan;
    } finally {
      closeSync(decoded);
    }
  } finally {
    closeSync(file);
  }
}

interface InspectedTable {
  readonly plan: TablePlan;
  readonly format: Inspection['format'];
}

async function inspectTable(
  text: TextFile,
  { overrides, fileName }: InspectRequest,
  context: ReadingContext,
): Promise<InspectedTable> {
  const head = headOf(text.path).subarray(text.bomBytes);
  refuseOtherThanText(head);
  const isWhole = head.length + text.bomBytes === text.size;
  // whoever names a delimiter or widths says that it is no JSON
  const isDelimited = overrides.delimiter !== undefined || overrides.widths !== undefined;
  const isTold = overrides.path !== undefined && beginsAsJson(head);
  const json = isDelimited ? null : isTold ? 'object' : looksLikeJson(head, isWhole, fileName);
  if (json) {
    requireApplicable(json === 'jsonl' ? 'jsonl' : 'json', overrides);
    const { place, notes } = await settleJson(text, json, overrides.path, context);
    const plan = await readJson(text, place, overrides, context);
    const inspection = { ...plan.inspection, notes: [...notes, ...plan.inspection.notes] };
    return { plan: { ...plan, inspection }, format: place.format };
  }
  requireApplicable(overrides.widths ? 'fixed' : 'csv', overrides);
  const plan = await readCsv(text, overrides, context);
  return { plan, format: plan.inspection.dialect?.widths ? 'fixed' : 'csv' };
}

function describe(
  { plan, format }: InspectedTable,
  container: Inspection['container'],
  encoding: TextEncoding,
  text: TextFile,
): ReadingPlan {
  const { inputRows, cleanRows, quarantinedRows, notes } = plan.inspection;
  if (inputRows !== cleanRows + quarantinedRows) {
    const message = `The rows do not add up: ${inputRows} were read, ${cleanRows} fit and ${quarantinedRows} do not.`;
    throw new ReadError('crashed', message, { inputRows, cleanRows, quarantinedRows });
  }
  const offsetsIn = container || encoding.name !== 'utf-8' ? 'decoded text' : 'file';
  const found: string[] = [];
  if (encoding.how === 'guessed' && encoding.name !== 'utf-8') {
    found.push(`The file is not UTF-8; it was read as ${encoding.name}, which is a guess.`);
  }
  if (text.hasInvalidBytes) {
    found.push(`Some bytes are not valid ${encoding.name}; the rows that hold one are in quarantine.`);
  }
  if (offsetsIn === 'decoded text' && quarantinedRows > 0) {
    found.push('Lines and offsets of quarantined rows count in the unpacked and decoded text.');
  }
  return {
    ...plan,
    inspection: {
      ...plan.inspection,
      format,
      container,
      encoding: encoding.name,
      bom: encoding.bomBytes > 0,
      offsetsIn,
      notes: [...found, ...notes],
    },
  };
}
