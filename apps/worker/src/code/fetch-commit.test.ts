import { randomBytes } from 'node:crypto';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backend, outboundTo, repository, serve } from '../../test/git-server.ts';
import { applyDelta } from './apply-delta.ts';
import { fetchCommit } from './fetch-commit.ts';
import { readPack, UnreadablePack } from './pack.ts';
import { packetLine } from './pkt-line.ts';

const limits = { packBytes: 10_000_000, bytes: 20_000_000, files: 1000 };

test.skipIf(!backend).each(['sha1', 'sha256'] as const)(
  'the files of a commit come as git has them (%s)',
  async (format) => {
    const { url, git, commit, root } = await repository(format);
    await mkdir(path.join(root, 'src/deep'), { recursive: true });
    const text = Array.from({ length: 2000 }, (_, line) => `line ${line} ${line * line}`).join('\n');
    await writeFile(path.join(root, 'a.txt'), text);
    await writeFile(path.join(root, 'src/deep/b.txt'), `${text}\nand one more`); // a delta of the other
    await writeFile(path.join(root, 'src/ünï.bin'), Buffer.from([0, 255, 10, 0]));
    await writeFile(path.join(root, 'run.sh'), '#!/bin/sh\n');
    await chmod(path.join(root, 'run.sh'), 0o755);
    await symlink('a.txt', path.join(root, 'link'));
    await git('add', '-A');
    const first = await commit('first');
    await git('gc', '-q');
    await writeFile(path.join(root, 'later.txt'), 'later');
    await git('add', '-A');
    const second = await commit('second');
    const fetched = await fetchCommit(outboundTo(url), { url, commit: first }, limits);
    expect(fetched.files.map((file) => [file.path, file.kind])).toEqual([
      ['a.txt', 'file'],
      ['link', 'link'],
      ['run.sh', 'program'],
      ['src/deep/b.txt', 'file'],
      ['src/ünï.bin', 'file'],
    ]);
    const contents = fetched.files.map((file) => fetched.read(file));
    expect(contents[0]?.toString()).toBe(text);
    expect(contents[1]?.toString()).toBe('a.txt');
    expect(contents[3]?.toString()).toBe(`${text}\nand one more`);
    expect(contents[4]).toEqual(Buffer.from([0, 255, 10, 0]));
    const later = await fetchCommit(outboundTo(url), { url, commit: second }, limits);
    expect(later.files.map((file) => file.path)).toContain('later.txt');
  },
);

test.skipIf(!backend)('what is too much, or is not there, is refused', async () => {
  const { url, git, commit, root } = await repository();
  for (const name of ['a', 'b', 'c']) await writeFile(path.join(root, name), randomBytes(100_000));
  await git('add', '-A');
  const head = await commit('three files');
  const outbound = outboundTo(url);
  const ask = (more: object, wanted = head) => fetchCommit(outbound, { url, commit: wanted }, { ...limits, ...more });
  await expect(ask({ files: 2 })).rejects.toMatchObject({ kind: 'precondition' });
  await expect(ask({ bytes: 200_000 })).rejects.toMatchObject({ kind: 'precondition' });
  await expect(ask({ packBytes: 200_000 })).rejects.toMatchObject({ kind: 'precondition' });
  await expect(ask({}, 'a'.repeat(40))).rejects.toMatchObject({ name: 'DomainError' });
  await git('config', 'uploadpack.allowFilter', 'true');
  const small = await ask({ fileBytes: 1000 });
  expect(small.files.map((file) => small.read(file))).toEqual([undefined, undefined, undefined]);
});

test('a server that sends another commit, or none, is not believed', async () => {
  const pack = (answer: string) =>
    serve((request, response) => {
      const type = request.method === 'GET' ? 'advertisement' : 'result';
      response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${type}` });
      response.end(request.method === 'GET' ? `${packetLine('version 2')}${packetLine('fetch=shallow')}0000` : answer);
    });
  for (const answer of [
    '',
    '0000',
    packetLine('packfile'),
    packetLine('ERR not our ref'),
    `${packetLine('packfile')}0009\x01PACK0000`,
  ]) {
    const url = await pack(answer);
    await expect(fetchCommit(outboundTo(url), { url, commit: 'a'.repeat(40) }, limits)).rejects.toMatchObject({
      kind: 'precondition',
    });
  }
});

function orTooMuch<T>(work: () => T): T | 'too much' {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnreadablePack) return 'too much';
    throw error;
  }
}

test('whatever bytes come, they are no pack, and no delta, and that ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 100 }), (bytes, base) => {
      const head = Buffer.from('PACK\0\0\0\x02\0\0\0\x03', 'latin1');
      expect(() => readPack(Buffer.concat([head, bytes]), 'sha1', 10_000)).toThrow(UnreadablePack);
      let announced = 0;
      const apply = () =>
        applyDelta(Buffer.from(base), Buffer.from(bytes), (size) => {
          announced = size;
          if (size > 10_000) throw new UnreadablePack('too much');
        })?.length ?? null;
      const made = orTooMuch(apply);
      expect([null, 'too much', announced]).toContain(made);
      expect(made === 'too much').toBe(announced > 10_000);
    }),
  );
});
