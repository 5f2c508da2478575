import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createOutbound } from '@granary/outbound';
import { expect, onTestFinished, test } from 'vitest';
import { branchHead } from './branch-head.ts';
import { packetLine } from './pkt-line.ts';

const backend = ['/usr/lib/git-core/git-http-backend', '/usr/libexec/git-core/git-http-backend'].find(existsSync);
if (!backend) process.stderr.write('skipped: git-http-backend is not installed (package git)\n');
const run = promisify(execFile);
const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];

async function serve(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return `http://127.0.0.1:${address.port}`;
}

function outboundTo(url: string) {
  const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', allow: [new URL(url).host] });
  onTestFinished(() => outbound.close());
  return outbound;
}

/** A repository on this machine, and git's own server of it by HTTP: a CGI program (RFC 3875). */
async function repository(format: 'sha1' | 'sha256' = 'sha1') {
  const root = await mkdtemp(path.join(tmpdir(), 'granary-git-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const git = async (...words: string[]) =>
    (
      await run('git', [...identity, ...words], {
        cwd: root,
        env: { PATH: process.env.PATH ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' },
      })
    ).stdout.trim();
  await git('init', '-q', `--object-format=${format}`, '.');
  const commit = async (message: string) => {
    await git('commit', '-q', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  const speak = { versions: true };
  const url = await serve((request, response) => {
    const [pathname = '', search = ''] = (request.url ?? '').split('?');
    const child = spawn(backend ?? '', {
      env: {
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        HOME: root,
        REQUEST_METHOD: request.method,
        PATH_INFO: pathname,
        QUERY_STRING: search,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        ...(speak.versions && { GIT_PROTOCOL: String(request.headers['git-protocol'] ?? '') }),
      },
    });
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => {
      const bytes = Buffer.concat(chunks);
      const end = bytes.indexOf('\r\n\r\n');
      const headers = bytes
        .toString('latin1', 0, end)
        .split('\r\n')
        .map((line) => line.split(': '));
      const status = Number.parseInt(headers.find(([name]) => name === 'Status')?.[1] ?? '200', 10);
      response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
      response.end(bytes.subarray(end + 4));
    });
  });
  return { url: `${url}/.git`, git, commit, speak };
}

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
