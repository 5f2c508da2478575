import { expect, test } from 'vitest';
import { backend, outboundTo, repository, serve } from '../../test/git-server.ts';
import { branchHead } from './branch-head.ts';
import { packetLine } from './pkt-line.ts';

test.skipIf(!backend).each(['sha1', 'sha256'] as const)(
  'the head of a branch is what git says it is (%s), and follows it',
  async (format) => {
    const { url, git, commit } = await repository(format);
    const outbound = outboundTo(url);
    const first = await commit('first');
    expect(await branchHead(outbound, { url, branch: 'main' })).toBe(first);
    await git('checkout', '-q', '-b', 'main-and-more/ünïcode');
    const second = await commit('second');
    await git('tag', '-a', '-m', 'a tag', 'main2');
    expect(await branchHead(outbound, { url: `${url}/`, branch: 'main-and-more/ünïcode' })).toBe(second);
    expect(await branchHead(outbound, { url, branch: 'main' })).toBe(first);
    for (const branch of ['mai', 'main2', 'main-and-more', 'HEAD'])
      expect(await branchHead(outbound, { url, branch })).toBeUndefined();
  },
);

test.skipIf(!backend)('a server that knows only the protocol of old is understood', async () => {
  const { url, commit, speak } = await repository();
  speak.versions = false;
  const head = await commit('first');
  expect(await branchHead(outboundTo(url), { url, branch: 'main' })).toBe(head);
  expect(await branchHead(outboundTo(url), { url, branch: 'other' })).toBeUndefined();
});

test.skipIf(!backend)('what is no repository there is said to be none', async () => {
  const { url } = await repository();
  const elsewhere = url.replace('/.git', '/nothing');
  await expect(branchHead(outboundTo(url), { url: elsewhere, branch: 'main' })).rejects.toMatchObject({
    kind: 'precondition',
  });
});

const advertisement = { 'content-type': 'application/x-git-upload-pack-advertisement' };
test.each([
  ['a page', 'precondition', 200, { 'content-type': 'text/html' }, '<html>'],
  ['broken packets', 'precondition', 200, advertisement, '00ff'],
  ['a log-in', 'precondition', 401, {}, ''],
  ['a failure', 'unavailable', 503, {}, ''],
  [
    'no branch',
    undefined,
    200,
    advertisement,
    `${packetLine('# service=git-upload-pack')}0000${packetLine('no refs')}0000`,
  ],
] as const)('%s is answered: %s', async (_, kind, status, headers, body) => {
  const url = await serve((_request, response) => void response.writeHead(status, headers).end(body));
  const asked = branchHead(outboundTo(url), { url, branch: 'main' });
  if (kind === undefined) expect(await asked).toBeUndefined();
  else await expect(asked).rejects.toMatchObject({ name: 'DomainError', kind });
});

test('a repository inside our network is not asked for, also where a redirect leads there', async () => {
  const asked: string[] = [];
  const inside = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  const outside = await serve(
    (_request, response) => void response.writeHead(302, { location: `${inside}/info/refs` }).end(),
  );
  const outbound = outboundTo(outside);
  for (const url of [inside, outside, 'http://169.254.169.254/latest', 'file:///etc/passwd', 'ssh://git@example.org/x'])
    await expect(branchHead(outbound, { url, branch: 'main' })).rejects.toMatchObject({ kind: 'precondition' });
  expect(asked).toEqual([]);
});
