import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';
import { brokenAppend, tusRequests } from '../testing/tus-requests.ts';

const api = await startTestApi({ maxUploadBytes: 2 ** 20 });
const tus = tusRequests(api);
const { tenantId } = api.ours;

const idOf = (address: string) => address.split('/').at(-1) ?? '';
const rowOf = async (address: string) => {
  const { rows } = await api.owner.query('select state, sha256, bytes, file_name as name from uploads where id = $1', [
    idOf(address),
  ]);
  return rows[0];
};
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const stored = (bytes: Uint8Array) =>
  readFile(path.join(api.dataDirectory, tenantId, digest(bytes).slice(0, 2), digest(bytes)));
const landing = path.join(api.dataDirectory, 'uploads');
const landed = async (address: string) => (await readdir(landing)).filter((name) => name.startsWith(idOf(address)));

async function expectFinished(address: string, bytes: Uint8Array): Promise<void> {
  expect(await rowOf(address)).toMatchObject({ state: 'finished', sha256: digest(bytes) });
  expect(Buffer.compare(await stored(bytes), bytes)).toBe(0);
  expect(await landed(address)).toEqual([]);
  expect(await tus.offset(address)).toBe(bytes.length);
}

describe('an upload', () => {
  test('is begun, sent, and in the store under its digest when the last answer comes', async () => {
    const bytes = randomBytes(300_000);
    const created = await tus.create(bytes.length);
    const address = created.headers.get('location') ?? '';
    expect([created.status, address]).toEqual([201, expect.stringMatching(/^\/files\/[0-9a-f-]{36}$/)]);
    expect(Date.parse(created.headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now());
    expect(await rowOf(address)).toMatchObject({ state: 'open', bytes: 300_000, name: 'Übersicht.csv' });

    const half = await tus.append(address, 0, bytes.subarray(0, 100_000));
    expect([half.status, half.headers.get('upload-offset')]).toEqual([204, '100000']);
    expect(await tus.offset(address)).toBe(100_000);
    const rest = await tus.append(address, 100_000, bytes.subarray(100_000));
    expect([rest.status, rest.headers.get('upload-offset')]).toEqual([204, '300000']);
    await expectFinished(address, bytes);

    const { rows } = await api.owner.query('select action from audit_events where entity_id = $1 order by id', [
      idOf(address),
    ]);
    expect(rows.map(({ action }) => action)).toEqual(['uploads.begin', 'uploads.finish']);
  });

  test('may bring its bytes along when it is begun', async () => {
    const bytes = randomBytes(1000);
    const created = await tus.create(bytes.length, {
      body: bytes,
      headers: { 'content-type': 'application/offset+octet-stream' },
    });
    expect([created.status, created.headers.get('upload-offset')]).toEqual([201, '1000']);
    await expectFinished(created.headers.get('location') ?? '', bytes);
  });

  test('may have no bytes at all', async () => {
    await expectFinished(await tus.begin(0), new Uint8Array());
  });

  test('that was begun by the action is sent the same way', async () => {
    for (const bytes of [randomBytes(10), new Uint8Array()]) {
      const response = await api.fetch('/v1/uploads', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ fileName: 'by-action.csv', bytes: bytes.length }),
      });
      const address = `/files/${JSON.parse(await response.text()).id}`;
      expect(await tus.offset(address)).toBe(0);
      if (bytes.length > 0) await tus.append(address, 0, bytes);
      await expectFinished(address, bytes);
    }
  });

  test('of the same bytes again is one more upload of one object', async () => {
    const bytes = randomBytes(5000);
    const [one, two] = [await tus.begin(5000), await tus.begin(5000)];
    const answers = await Promise.all([tus.append(one, 0, bytes), tus.append(two, 0, bytes)]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    await expectFinished(one, bytes);
    await expectFinished(two, bytes);
  });
});

describe('a broken connection', () => {
  test('loses nothing that had arrived: the upload goes on from there', async () => {
    const bytes = randomBytes(900_000);
    const address = await tus.begin(bytes.length);
    for (const [from, to] of [
      [0, 200_000],
      [200_000, 500_000],
    ] as const) {
      const broken = brokenAppend({ url: api.url, key: api.keys.editor }, address, {
        offset: from,
        total: bytes.length,
        part: bytes.subarray(from, to),
      });
      await expect.poll(async () => (await readFile(path.join(landing, idOf(address)))).length).toBe(to);
      broken.cut();
      await expect.poll(() => tus.offset(address)).toBe(to);
    }
    expect((await tus.append(address, 500_000, bytes.subarray(500_000))).status).toBe(204);
    await expectFinished(address, bytes);
  });

  test('that still counts as open does not keep the client from going on', async () => {
    const bytes = randomBytes(50_000);
    const address = await tus.begin(bytes.length);
    const silent = brokenAppend({ url: api.url, key: api.keys.editor }, address, {
      offset: 0,
      total: bytes.length,
      part: bytes.subarray(0, 10_000),
    });
    await expect.poll(async () => (await readFile(path.join(landing, idOf(address)))).length).toBe(10_000);
    const offset = await tus.offset(address); // nothing told the server that the other one is gone
    expect((await tus.append(address, offset, bytes.subarray(offset))).status).toBe(204);
    silent.cut();
    await expectFinished(address, bytes);
  });

  test('two that go on at once do not mix: one of them is told that it is wrong', async () => {
    const bytes = randomBytes(400_000);
    const address = await tus.begin(bytes.length);
    const answers = await Promise.all([tus.append(address, 0, bytes), tus.append(address, 0, bytes)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    await expectFinished(address, bytes);
  });
});

describe('what a crash left behind is completed at the client’s next word', () => {
  test('when all bytes had arrived and nothing else was done', async () => {
    const bytes = randomBytes(70_000);
    const address = await tus.begin(bytes.length);
    await writeFile(path.join(landing, idOf(address)), bytes);
    const head = await tus.head(address);
    expect([head.status, head.headers.get('upload-offset')]).toEqual([200, '70000']);
    await expectFinished(address, bytes);
  });

  test('when the file was in the store already, and the database did not know', async () => {
    const bytes = randomBytes(8000);
    const known = await tus.begin(bytes.length);
    await tus.append(known, 0, bytes);
    const address = await tus.begin(bytes.length);
    await rm(path.join(landing, idOf(address)));
    await writeFile(path.join(landing, `${idOf(address)}.sha256`), digest(bytes));
    expect(await tus.offset(address)).toBe(8000);
    await expectFinished(address, bytes);
  });

  test('when the store failed at the last step', async () => {
    const bytes = randomBytes(3000);
    const address = await tus.begin(bytes.length);
    const blocked = path.join(api.dataDirectory, tenantId, digest(bytes).slice(0, 2));
    await rm(blocked, { recursive: true, force: true });
    await writeFile(blocked, 'not a directory');
    const failed = await tus.append(address, 0, bytes);
    expect([failed.status, JSON.parse(await failed.text())]).toMatchObject([
      500,
      { kind: 'internal', detail: 'internal error' },
    ]);
    expect(await rowOf(address)).toMatchObject({ state: 'open' });
    await rm(blocked);
    await expectFinishedAfterHead(address, bytes);
  });

  async function expectFinishedAfterHead(address: string, bytes: Uint8Array): Promise<void> {
    expect(await tus.offset(address)).toBe(bytes.length);
    await expectFinished(address, bytes);
  }
});

test('a digest of bytes that another process received is read from the file', async () => {
  const bytes = randomBytes(20_000);
  const address = await tus.begin(bytes.length);
  await tus.append(address, 0, bytes.subarray(0, 5000));
  await writeFile(path.join(landing, idOf(address)), bytes.subarray(0, 12_000));
  expect((await tus.append(address, 12_000, bytes.subarray(12_000))).status).toBe(204);
  await expectFinished(address, bytes);
});

describe('an upload that is finished', () => {
  test('can be asked for, and takes nothing more', async () => {
    const bytes = randomBytes(100);
    const address = await tus.begin(100);
    await tus.append(address, 0, bytes);
    expect((await tus.append(address, 100, new Uint8Array())).status).toBe(204);
    expect((await tus.append(address, 0, bytes)).status).toBe(409);
    expect((await tus.send('DELETE', address)).status).toBe(404);
    await expectFinished(address, bytes);
  });

  test('is not served by tus: its bytes are the original of a version', async () => {
    const address = await tus.begin(10);
    await tus.append(address, 0, randomBytes(10));
    expect((await tus.send('GET', address)).status).toBe(404);
  });
});

test('a full disk is a defect of ours, which the log names', async () => {
  const address = await tus.begin(1000);
  await rm(path.join(landing, idOf(address)));
  await symlink('/dev/full', path.join(landing, idOf(address)));
  const response = await tus.append(address, 0, randomBytes(1000));
  expect([response.status, JSON.parse(await response.text())]).toMatchObject([500, { kind: 'internal' }]);
  expect(api.logs()).toContain('ENOSPC');
});
