import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createOutbound } from '@granary/outbound';
import { onTestFinished } from 'vitest';

/** Git's own server by HTTP, where git is. */
export const backend = ['/usr/lib/git-core/git-http-backend', '/usr/libexec/git-core/git-http-backend'].find(
  existsSync,
);
if (!backend) process.stderr.write('skipped: git-http-backend is not installed (package git)\n');
const run = promisify(execFile);
const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];

/** A server on this machine, until the test ends; its address. */
export async function serve(handler: http.RequestListener): Promise<string> {
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

/** Allows this server alone. */
export function outboundTo(url: string) {
  const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', allow: [new URL(url).host] });
  onTestFinished(() => outbound.close());
  return outbound;
}

/** A repository on this machine, and git's own server of it by HTTP: a CGI program (RFC 3875). */
export async function repository(format: 'sha1' | 'sha256' = 'sha1') {
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
  return { url: `${url}/.git`, git, commit, speak, root };
}
