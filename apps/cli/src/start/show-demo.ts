import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GranaryClient } from '@granary/client';
import { shownPath } from '../files/shown-path.ts';
import { CommandFailure } from '../output/failure.ts';
import { plural } from '../output/measures.ts';
import { formatCount, formatTable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { summarizeTypes } from '../samples/describe-progress.ts';
import { proveIsolation, type Scene } from '../samples/prove-isolation.ts';
import { sampleFiles } from '../samples/sample-files.ts';
import { type MainJobOptions, runMainJob } from './main-job.ts';
import { curlSnippet, typescriptSnippet } from './snippets.ts';

/** Does the main job where somebody looks on: files in, rows out, and who sees them; ends with what to paste. */
export async function showDemo(options: Omit<MainJobOptions, 'onLoaded'>, home: string): Promise<void> {
  const { terminal, url, signal } = options;
  terminal.print('\nReal files, of the npm package vega-datasets, through the typed client into private tables:\n');
  terminal.print(sampleLine('file', 'rows', 'quarantined', 'seconds', 'columns'));
  const scene = await runMainJob({
    ...options,
    onLoaded({ fileName }, { rows, quarantined, seconds, columns }) {
      const counts = [formatCount(rows), formatCount(quarantined), seconds?.toFixed(2) ?? 'loaded before'] as const;
      terminal.print(sampleLine(fileName, ...counts, summarizeTypes(columns)));
    },
  });
  const zipcodes = scene.samples[sampleFiles.findIndex(({ name }) => name === 'zipcodes')] ?? scene.shared;
  await showQuery(scene.clients.owner, zipcodes.datasetId, terminal, signal);
  await showIsolation(scene, terminal);
  await showSnippets({ url, apiKey: scene.demo.owner.apiKey, datasetId: zipcodes.datasetId }, home, terminal);
}

const sampleLine = (file: string, rows: string, quarantined: string, seconds: string, columns: string): string =>
  `  ${file.padEnd(20)}${rows.padStart(10)}${quarantined.padStart(13)}${seconds.padStart(15)}  ${columns}`;

async function showQuery(
  { datasets }: GranaryClient,
  datasetId: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const page = await datasets.rows(
    {
      datasetId,
      filter: { column: 'zip_code', op: 'startsWith', value: '0' },
      order: [{ column: 'latitude', direction: 'desc' }],
      limit: 4,
    },
    { signal },
  );
  const rows = page.rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell))));
  terminal.print('\nThe northernmost ZIP codes that begin with a zero (a filter and an order):\n');
  terminal.print(
    indent(
      formatTable(
        page.columns.map(({ name }) => name),
        rows,
      ),
    ),
  );
}

async function showIsolation(scene: Scene, terminal: Terminal): Promise<void> {
  terminal.progress('  trying every call as a stranger and as a colleague');
  const { demo, shared } = scene;
  // again with what is new; a start that loaded nothing is to take seconds
  const fresh = scene.samples.filter(({ seconds }) => seconds !== null);
  const found = await proveIsolation({ ...scene, samples: fresh.length > 0 ? fresh : [shared] });
  const lines: [string, string][] = [
    [`${demo.owner.email}, who loaded them`, `${formatCount(found.ownerRows)} rows and other answers`],
    [`${demo.stranger.email}, of another organization`, amount(found.strangerRows)],
    [`${demo.colleague.email}, of the same organization`, amount(found.colleagueRows)],
    [`  ${shared.name} is shared with them`, amount(found.sharedRows)],
    ['  the share is taken back', amount(found.unsharedRows)],
  ];
  terminal.print(
    `\nWho gets what by every call (${formatCount(found.foreignAttempts)} of them made with ids of somebody else):\n`,
  );
  terminal.print(indent(lines.map(([who, what]) => `${who.padEnd(52)}${what}`).join('\n')));
  if (found.problems.length > 0) throw new CommandFailure(`tenants are not kept apart:\n${found.problems.join('\n')}`);
}

const amount = (rows: number): string => (rows === 0 ? 'nothing' : plural(rows, 'row'));

async function showSnippets(
  target: Parameters<typeof curlSnippet>[0],
  home: string,
  terminal: Terminal,
): Promise<void> {
  const file = path.join(home, 'try.ts');
  const program = typescriptSnippet(target, home);
  await writeFile(file, program, { mode: 0o600 });
  terminal.print(`\nTo paste into a shell:\n\n${indent(curlSnippet(target))}`);
  terminal.print(`\nIn TypeScript (kept as ${shownPath(file)}; run it with: ${nodeCommand()} ${shownPath(file)}):\n`);
  terminal.print(indent(program.trimEnd()));
}

/** The Node that runs this: the one on the reader's PATH may be an older one. */
function nodeCommand(): string {
  const shown = shownPath(process.execPath);
  return path.isAbsolute(shown) ? 'node' : shown;
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');
