import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse as csvParse } from 'csv-parse';
import { median, paired, seconds } from './measure.ts';
import { typedColumns, writeTypedFile } from './typed-file.ts';

const rows = 1_000_000;
const rounds = 5;

/**
 * Rows a second of reading and typing a whole file: our reading process (encoding, dialect, every record counted, judged and
 * typed, evidence kept) against DuckDB, which detects over the whole file and reads every column of it, and against
 * csv-parse, which gives text and no types.
 */
export const parse = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-bench-'));
  try {
    const file = path.join(folder, 'typed.csv');
    await writeTypedFile(file, rows);
    const rates = {
      ours: [] as number[],
      duck: [] as number[],
      duckOneThread: [] as number[],
      csvParse: [] as number[],
    };
    for (let round = 0; round <= rounds; round += 1) {
      const measured = {
        ours: rows / (await byReadingProcess(folder, file)),
        duck: rows / (await byDuck(file, {})),
        duckOneThread: rows / (await byDuck(file, { threads: '1' })),
        csvParse: rows / (await byCsvParse(file)),
      };
      if (round === 0) continue;
      for (const name of ['ours', 'duck', 'duckOneThread', 'csvParse'] as const) rates[name].push(measured[name]);
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    return {
      ...paired(rates.ours, rates.duck),
      duckOnOneThread: paired(rates.ours, rates.duckOneThread),
      csvParse: paired(rates.ours, rates.csvParse),
      rowsPerSecond: {
        ours: Math.round(median(rates.ours)),
        duck: Math.round(median(rates.duck)),
        duckOnOneThread: Math.round(median(rates.duckOneThread)),
        csvParse: Math.round(median(rates.csvParse)),
      },
      sizes: { rows, columns: typedColumns.length, bytes: (await stat(file)).size },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** A process that has read a file of one row before, so that starting it is not counted. */
async function byReadingProcess(folder: string, file: string): Promise<number> {
  const tiny = path.join(folder, 'tiny.csv');
  await writeFile(tiny, 'a,b\n1,2\n');
  const child = fork(path.join(import.meta.dirname, '../../apps/worker/src/reading/child/main.ts'), {
    env: {},
    execArgv: ['--max-old-space-size=512'],
    serialization: 'json',
  });
  try {
    await inspect(child, path.join(folder, 'work-tiny'), tiny, 1);
    return await seconds(() => inspect(child, path.join(folder, 'work'), file, rows));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

interface Answer {
  readonly type: string;
  readonly inspection?: { readonly cleanRows: number };
}

async function inspect(child: ChildProcess, workDirectory: string, file: string, expected: number): Promise<void> {
  await rm(workDirectory, { recursive: true, force: true });
  await mkdir(workDirectory);
  const limits = { columns: 1000, decodedBytes: 2 ** 34, recordBytes: 2 ** 24 };
  child.send({ type: 'inspect', path: file, fileName: 'typed.csv', workDirectory, overrides: {}, limits });
  for (;;) {
    const [message] = (await once(child, 'message')) as [Answer];
    if (message.type === 'progress') continue;
    if (message.inspection?.cleanRows === expected) return;
    throw new Error(`the file was not read: ${JSON.stringify(message).slice(0, 500)}`);
  }
}

async function byDuck(file: string, options: Record<string, string>): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', options);
  const connection = await instance.connect();
  try {
    return await seconds(async () => {
      const counted = await connection.runAndReadAll(
        `select count(columns(*)) from read_csv('${file}', auto_detect=true, sample_size=-1)`,
      );
      if (Number(counted.getRows()[0]?.[0]) !== rows) throw new Error('DuckDB read another number of rows');
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function byCsvParse(file: string): Promise<number> {
  let read = -1; // the header
  const count = new Writable({
    objectMode: true,
    write(_row, _encoding, done) {
      read += 1;
      done();
    },
  });
  const taken = await seconds(() => pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), csvParse(), count));
  if (read !== rows) throw new Error(`csv-parse read ${read} rows`);
  return taken;
}
