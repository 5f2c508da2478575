import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { OutboundOptions } from './outbound.ts';
import { listen, localServer } from './testing/local-server.ts';
import { selfSigned } from './testing/self-signed.ts';

interface Asked {
  readonly authority: string;
  readonly credentials: string | undefined;
}

/** A proxy that leads to one server whatever it is asked for, unless `refuse` has another answer. */
async function startProxy(
  targetPort: number,
  refuse: (authority: string) => number | 'silence' | undefined = () => undefined,
) {
  const asked: Asked[] = [];
  const server = http.createServer();
  const open = new Set<net.Socket>();
  server.on('connect', (request, socket: net.Socket, head) => {
    open.add(socket);
    socket.on('error', () => {});
    const authority = request.url ?? '';
    asked.push({ authority, credentials: request.headers['proxy-authorization'] });
    const refusal = refuse(authority);
    if (refusal === 'silence') return;
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const target = net.connect(targetPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      target.write(head);
      socket.pipe(target).pipe(socket);
    });
    target.on('error', () => socket.destroy());
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
  });
  return { asked, port, url: new URL(`http://me:p%40ss@127.0.0.1:${port}`) };
}

function outboundOf(options: Partial<OutboundOptions>) {
  const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', connectMs: 5000, ...options });
  onTestFinished(() => outbound.close());
  return outbound;
}

const echo = () =>
  localServer((request, response) => void response.end(`${request.headers.host} ${request.rawHeaders}`));
const somewhere = { resolve: async () => ['2606:4700::1111', '1.1.1.1'] };

test('the proxy is asked for an address that was checked here, and the certificate is still the name’s', async () => {
  const { key, cert } = await selfSigned('away.test');
  const handler: http.RequestListener = (request, response) => void response.end(JSON.stringify(request.headers));
  const proxy = await startProxy(await listen(https.createServer({ key, cert }, handler)));
  const outbound = outboundOf({ ...somewhere, ca: [cert], proxy: { url: proxy.url, resolves: 'here' } });
  const { body } = await outbound.request({ url: 'https://away.test/' });
  expect(JSON.parse(body.toString())).toMatchObject({ host: 'away.test', 'user-agent': 'GranaryTest/1.0' });
  expect(body.toString()).not.toContain('proxy-authorization');
  const credentials = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  expect(proxy.asked).toEqual([{ authority: '1.1.1.1:443', credentials }]);
  const other = outbound.request({ url: 'https://other.test/' });
  await expect(other).rejects.toMatchObject({ kind: 'tls' });
});

test('what is private is never asked of the proxy, not by its name, its number or a redirect', async () => {
  const target = await localServer(
    (_request, response) => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
  );
  const proxy = await startProxy(target);
  const resolve = async (name: string) => (name === 'away.test' ? ['1.1.1.1'] : ['1.1.1.1', '169.254.169.254']);
  for (const resolves of ['here', 'proxy'] as const) {
    const outbound = outboundOf({ resolve, proxy: { url: proxy.url, resolves } });
    const ask = (url: string) => outbound.request({ url, allowHttp: true, redirects: 1 });
    await expect(ask('http://10.0.0.1/')).rejects.toMatchObject({ kind: 'refused_address' });
    await expect(ask('http://away.test/')).rejects.toMatchObject({ kind: 'refused_address' });
    if (resolves === 'here')
      await expect(ask('http://inside.test/')).rejects.toMatchObject({ kind: 'refused_address' });
  }
  expect(proxy.asked.map(({ authority }) => authority)).toEqual(['1.1.1.1:80', 'away.test:80']);
});

test('what the operator allows is asked directly', async () => {
  const target = await echo();
  const proxy = await startProxy(target);
  const direct = outboundOf({
    allow: ['127.0.0.0/8', `inside.test:${target}`],
    resolve: async () => ['127.0.0.1'],
    proxy: { url: proxy.url, resolves: 'proxy' },
  });
  expect((await direct.request({ url: `http://127.0.0.1:${target}/` })).status).toBe(200);
  expect((await direct.request({ url: `http://inside.test:${target}/` })).status).toBe(200);
  expect(proxy.asked).toEqual([]);
});

test('an address that the proxy does not reach is followed by the next one', async () => {
  const proxy = await startProxy(await echo(), (authority) => (authority.startsWith('1.1.1.1') ? 502 : undefined));
  const outbound = outboundOf({ ...somewhere, proxy: { url: proxy.url, resolves: 'here' } });
  const { body } = await outbound.request({ url: 'http://away.test/', allowHttp: true });
  expect(body.toString()).toMatch(/^away\.test /);
  expect(proxy.asked.map(({ authority }) => authority)).toEqual(['1.1.1.1:80', '[2606:4700::1111]:80']);
});

test('a proxy that refuses, is silent, or is not there: typed, and without its password', async () => {
  const target = await echo();
  const refusing = await startProxy(target, () => 407);
  const silent = await startProxy(target, () => 'silence');
  const gone = new URL('http://me:p%40ss@127.0.0.1:1');
  const ask = (url: URL, connectMs = 5000) =>
    outboundOf({ ...somewhere, connectMs, proxy: { url, resolves: 'here' } }).request({ url: 'https://away.test/' });
  await expect(ask(refusing.url)).rejects.toMatchObject({
    kind: 'connection',
    message: 'no connection through the proxy: it answered 407 (https://away.test/)',
  });
  await expect(ask(silent.url, 200)).rejects.toMatchObject({ kind: 'timeout' });
  const failure = await ask(gone).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'connection', message: expect.stringContaining('ECONNREFUSED') });
  expect(String(failure)).not.toContain('p@ss');
});

test.each(['socks5://127.0.0.1:1080', 'http://127.0.0.1:3128/path', 'ftp://proxy.test'])('%s is no proxy', (url) => {
  expect(() => outboundOf({ proxy: { url: new URL(url), resolves: 'here' } })).toThrow(/prox/);
});
