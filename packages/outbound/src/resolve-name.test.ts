import { expect, test } from 'vitest';
import { publicNames, systemNames } from './resolve-name.ts';
import { nameServer } from './testing/name-server.ts';

const loopback = Buffer.from([127, 0, 0, 1]);

test('both kinds of addresses of a name are found, or one where there is one', async () => {
  const server = await nameServer((name, type) =>
    type === 'A'
      ? [loopback, Buffer.from([1, 1, 1, 1])]
      : name === 'both.test'
        ? [Buffer.from(`${'0'.repeat(15)}1`)]
        : [],
  );
  const resolve = publicNames([server]);
  expect(await resolve('both.test')).toEqual(['127.0.0.1', '1.1.1.1', '3030:3030:3030:3030:3030:3030:3030:3031']);
  expect(await resolve('one.test')).toEqual(['127.0.0.1', '1.1.1.1']);
});

test('of a name that there is not, that is said', async () => {
  await expect(publicNames([await nameServer(() => null)])('none.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('what stands in the machine’s own files is found by the system alone', async () => {
  expect(await systemNames('localhost')).toContain('127.0.0.1');
  await expect(publicNames([await nameServer(() => null)])('localhost')).rejects.toThrow();
});
