import { readFile } from 'node:fs/promises';
import type { GranaryClient } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';
import { plural } from '../output/measures.ts';
import type { Terminal } from '../output/terminal.ts';
import { readEditedRows } from './corrections-file.ts';
import { findCorrections, type PresentRow } from './find-corrections.ts';
import { quarantinePages } from './quarantine-pages.ts';

const mostAtOnce = 500;

/** A batch of corrections is to fit into a request. */
const mostCharacters = 500_000;

export interface CorrectionsRequest {
  readonly datasetId: string;
  /** Default: the file's own, or the current one. */
  readonly version: number | undefined;
  readonly file: string;
  readonly ignoreRevisions: boolean;
}

/** Sends what was edited in an exported quarantine. Returns whose quarantine it is, and what became of it. */
export async function sendCorrections(
  client: GranaryClient,
  { datasetId, version: wanted, file, ignoreRevisions }: CorrectionsRequest,
  terminal: Pick<Terminal, 'progress'>,
): Promise<{ version: number; corrected: number; gone: number }> {
  const edited = readEditedRows(await readFile(file, 'utf8'), file);
  const [own, ...others] = new Set(edited.flatMap(({ version }) => version ?? []));
  if (others.length > 0) throw new CommandFailure(`${file} has rows of several versions`);
  if (wanted !== undefined && own !== undefined && own !== wanted)
    throw new CommandFailure(`${file} has rows of version ${own}, not of version ${wanted}`);
  const { version, rows } = await presentRows(client, datasetId, wanted ?? own, edited);
  const { corrections, gone } = findCorrections(edited, rows, { ignoreRevisions });
  let corrected = 0;
  for (const [index, batch] of batches(corrections).entries()) {
    const { changed } = await client.datasets.correctQuarantine({ datasetId, version, corrections: batch });
    corrected += changed;
    terminal.progress(`correcting ${plural(corrected, 'row')} (${index + 1})`);
  }
  return { version, corrected, gone };
}

async function presentRows(
  client: GranaryClient,
  datasetId: string,
  version: number | undefined,
  edited: readonly { readonly number: number }[],
): Promise<{ version: number; rows: Map<number, PresentRow> }> {
  const wanted = new Set(edited.map(({ number }) => number));
  const rows = new Map<number, PresentRow>();
  let found = version ?? 0;
  for await (const page of quarantinePages(client, { datasetId, version })) {
    found = page.version;
    for (const { number, raw, correction } of page.items) if (wanted.has(number)) rows.set(number, { raw, correction });
  }
  return { version: found, rows };
}

function batches<C extends { readonly text: string | null }>(corrections: readonly C[]): C[][] {
  const all: C[][] = [];
  let room = 0;
  for (const correction of corrections) {
    const characters = correction.text?.length ?? 0;
    const last = all.at(-1);
    if (last && last.length < mostAtOnce && characters <= room) {
      last.push(correction);
      room -= characters;
    } else {
      all.push([correction]);
      room = mostCharacters - characters;
    }
  }
  return all;
}

/** Tries the corrected rows, or all, and waits for what becomes of them. */
export async function replayRows(
  client: GranaryClient,
  request: Parameters<GranaryClient['datasets']['replayQuarantine']>[0],
  terminal: Pick<Terminal, 'progress'>,
) {
  const { datasetId } = request;
  const { id: replayId } = await client.datasets.replayQuarantine(request);
  terminal.progress('replaying');
  return client.datasets.replayedQuarantine({ datasetId, replayId });
}
