import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { message, type Request } from './protocol.ts';
import { makeWorkbook, rowXml } from './testing/make-workbook.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'granary-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows that the reading process found in a file, and the most memory that it had, in MB. */
async function inspect(fileName: string): Promise<{ rows: number; peak: number }> {
  const workDirectory = mkdtempSync(path.join(folder, 'work-'));
  const child = fork(fileURLToPath(new URL('./child/main.ts', import.meta.url)), {
    env: {},
    execArgv: ['--max-old-space-size=512'],
    serialization: 'json',
  });
  const limits = { columns: 1000, decodedBytes: 2 ** 34, recordBytes: 2 ** 24 };
  const request: Request = {
    type: 'inspect',
    path: path.join(folder, fileName),
    fileName,
    workDirectory,
    overrides: {},
    limits,
  };
  try {
    child.send(request);
    for (;;) {
      const [raw] = await once(child, 'message');
      const said = message.parse(raw);
      if (said.type === 'progress') continue;
      const rows = said.type === 'inspected' ? said.inspection.cleanRows : -1;
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return { rows, peak: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024 };
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

test.skipIf(process.platform !== 'linux')(
  'a large workbook needs memory for its texts, and not for its rows',
  {
    timeout: 600_000,
  },
  async () => {
    // 200,000 rows of 20 cells need some 260 MB
    const [rows, columns] = [Number(process.env.GRANARY_TEST_SHEET_ROWS ?? 50_000), 20];
    const cells = Array.from({ length: columns }, (_, column) => column);
    const strings: string[] = [];
    const body = Array.from({ length: rows }, (_, row) => {
      const xml = cells.map((column) =>
        column % 2 === 0
          ? `<c t="s"><v>${strings.push(`<si><t>text ${row} of ${column}, and some more</t></si>`) - 1}</v></c>`
          : `<c><v>${row * 1.5 + column}</v></c>`,
      );
      return `<row>${xml.join('')}</row>`;
    });
    const sheet = { name: 'S', rows: rowXml(1, cells.map((column) => `name ${column}`)) + body.join('') }; // biome-ignore format: one line
    writeFileSync(path.join(folder, 'large.xlsx'), makeWorkbook([sheet], { strings: strings.join('') }));
    const read = await inspect('large.xlsx');
    if (process.env.GRANARY_TEST_SHEET_ROWS) console.warn(`${rows} × ${columns} cells: ${Math.round(read.peak)} MB`);
    expect(read.rows).toBe(rows);
    expect(read.peak).toBeLessThan(400);
  },
);

test.skipIf(process.platform !== 'linux')(
  'an array of any length in a JSON file needs no more memory than a short one',
  {
    timeout: 600_000,
  },
  async () => {
    const write = (fileName: string, rows: number) => {
      const file = openSync(path.join(folder, fileName), 'w');
      writeSync(file, '{"meta":{"other":[[1],[2]]},"data":{"items":[{"id":0}');
      const many = Array.from({ length: 10_000 }, (_, n) => `,\n{"id":${n},"text":"${'x'.repeat(90)}"}`).join('');
      for (let written = 0; written < rows; written += 10_000) writeSync(file, many);
      writeSync(file, ']}}');
      closeSync(file);
    };
    write('short.json', 10_000);
    write('long.json', 600_000);
    const [short, long] = [await inspect('short.json'), await inspect('long.json')];
    expect([short.rows, long.rows]).toEqual([10_001, 600_001]);
    expect(long.peak - short.peak).toBeLessThan(60); // of 66 MB of text
  },
);
