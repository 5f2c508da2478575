import type http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { OutboundOptions } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';
import { listen, localServer } from './testing/local-server.ts';
import { selfSigned } from './testing/self-signed.ts';

function outboundOf(options: Partial<OutboundOptions> = {}) {
  const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', ...options });
  onTestFinished(() => outbound.close());
  return outbound;
}

/** Allows this server alone. */
const allowing = (port: number, more: Partial<OutboundOptions> = {}) =>
  outboundOf({ allow: [`127.0.0.1:${port}`], ...more });

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OutboundError) return error.kind;
    throw error;
  }
  return 'no failure';
}

test('an answer has status, headers, the URL asked last, and the body unpacked', async () => {
  const port = await localServer((request, response) => {
    const packed = request.url === '/br' ? brotliCompressSync('hello') : gzipSync('hello');
    response.writeHead(404, {
      'content-encoding': request.url === '/br' ? 'br' : 'gzip',
      'x-agent': request.headers['user-agent'],
    });
    response.end(request.method === 'HEAD' ? undefined : packed);
  });
  const outbound = allowing(port);
  for (const path of ['gz', 'br']) {
    const answer = await outbound.request({ url: `http://127.0.0.1:${port}/${path}` });
    expect({ ...answer, headers: answer.headers.get('x-agent'), body: answer.body.toString() }).toEqual({
      status: 404,
      headers: 'GranaryTest/1.0',
      url: new URL(`http://127.0.0.1:${port}/${path}`),
      redirectedFrom: [],
      body: 'hello',
      isCut: false,
    });
  }
  expect((await outbound.request({ url: `http://127.0.0.1:${port}/`, method: 'HEAD' })).body).toHaveLength(0);
});

test('a name is resolved once: what it answers the second time is nobody’s', async () => {
  let reached = 0;
  const port = await localServer((_request, response) => void response.end(String(++reached)));
  let asked = 0;
  // TEST-NET-3 stands for a public address: it is allowed here, and nothing listens there
  const outbound = outboundOf({
    allow: ['203.0.113.0/24'],
    connectMs: 500,
    resolve: async () => [++asked === 1 ? '203.0.113.7' : '127.0.0.1'],
  });
  const url = `http://rebound.test:${port}/`;
  expect(await failure(outbound.request({ url, allowHttp: true }))).toMatch(/timeout|connection/);
  expect(asked).toBe(1);
  expect(await failure(outbound.request({ url, allowHttp: true }))).toBe('refused_address');
  expect(reached).toBe(0);
});

test.each([
  [['127.0.0.1']],
  [['1.1.1.1', '127.0.0.1']],
  [['::ffff:127.0.0.1']],
  [['64:ff9b::7f00:1']],
  [['fd00:ec2::254']],
])('a name that stands for %j is refused before anything is sent', async (addresses) => {
  let reached = 0;
  const port = await localServer((_request, response) => void response.end(String(++reached)));
  const outbound = outboundOf({ resolve: async () => addresses });
  expect(await failure(outbound.request({ url: `http://name.test:${port}/`, allowHttp: true }))).toBe(
    'refused_address',
  );
  expect(reached).toBe(0);
});

test('a name without an address, one that cannot be resolved, one that takes for ever', async () => {
  const asks = (resolve: OutboundOptions['resolve'] & {}) =>
    failure(outboundOf({ resolve, connectMs: 100 }).request({ url: 'https://name.test/' }));
  expect(await asks(async () => [])).toBe('name_not_found');
  expect(await asks(() => Promise.reject(new Error('SERVFAIL')))).toBe('name_not_found');
  expect(await asks(() => new Promise(() => {}))).toBe('timeout');
});

test('an allowed host is reached by its name, whatever that stands for, at that port alone', async () => {
  const port = await localServer((request, response) => void response.end(request.headers.host));
  const outbound = outboundOf({ allow: [`inside.test:${port}`], resolve: async () => ['127.0.0.1'] });
  const { body } = await outbound.request({ url: `http://inside.test:${port}/` });
  expect(body.toString()).toBe(`inside.test:${port}`);
  expect(await failure(outbound.request({ url: `http://inside.test:${port + 1}/`, allowHttp: true }))).toBe(
    'refused_address',
  );
});

test('redirects are followed one by one, each checked as the first URL was', async () => {
  const port = await localServer((request, response) => {
    const to = new URL(request.url ?? '/', 'http://x').searchParams.get('to');
    if (to === null) response.end(`${request.method} ${request.headers.authorization}`);
    else response.writeHead(302, { location: to }).end('on');
  });
  const outbound = allowing(port, { resolve: async () => ['10.0.0.1'] });
  const at = `http://127.0.0.1:${port}/`;
  const leadsTo = (to: string, more = {}) =>
    outbound.request({
      url: `${at}?to=${encodeURIComponent(to)}`,
      redirects: 3,
      allowHttp: true,
      headers: { authorization: 'k' },
      ...more,
    });
  const followed = await leadsTo(`?to=${encodeURIComponent('/end')}`);
  expect(followed.body.toString()).toBe('GET k');
  expect(followed.url.href).toBe(`${at}end`);
  expect(followed.redirectedFrom).toHaveLength(2);
  for (const target of [
    'http://169.254.169.254/latest/',
    'https://10.0.0.1/',
    'https://resolves-inside.test/',
    'https://[::1]/',
  ])
    expect(await failure(leadsTo(target))).toBe('refused_address');
  expect(await failure(leadsTo('file:///etc/passwd'))).toBe('refused_protocol');
  expect(await failure(leadsTo('https://me:pw@example.com/'))).toBe('invalid_url');
  expect(await failure(leadsTo('http://'))).toBe('refused_redirect');
  expect(await failure(leadsTo('https://elsewhere.test/', { hosts: ['127.0.0.1'] }))).toBe('refused_host');
  expect(await failure(leadsTo('/end', { redirects: 'refuse' }))).toBe('refused_redirect');
  expect((await leadsTo('/end', { redirects: 0 })).status).toBe(302);
});

test('a redirect without end is ended', async () => {
  let asked = 0;
  const port = await localServer(
    (_request, response) => void response.writeHead(307, { location: `/${++asked}` }).end(),
  );
  expect(await failure(allowing(port).request({ url: `http://127.0.0.1:${port}/`, redirects: 5 }))).toBe(
    'too_many_redirects',
  );
  expect(asked).toBe(6);
});

test('another origin is told nothing that may be secret', async () => {
  const seen: http.IncomingHttpHeaders[] = [];
  const second = await localServer((request, response) => {
    seen.push(request.headers);
    response.end();
  });
  const first = await localServer((request, response) => {
    const status = request.url === '/303' ? 303 : 307;
    response.writeHead(status, { location: `http://127.0.0.1:${second}/` }).end();
  });
  const outbound = outboundOf({ allow: ['127.0.0.1'] });
  const headers = {
    authorization: 'Bearer x',
    cookie: 'a=b',
    'x-api-key': 'k',
    accept: 'text/plain',
    'content-type': 'text/plain',
  };
  const url = `http://127.0.0.1:${first}`;
  expect((await outbound.request({ url: `${url}/303`, method: 'POST', body: 'b', headers, redirects: 1 })).status).toBe(
    200,
  );
  expect(Object.keys(seen[0] ?? {}).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  expect(await failure(outbound.request({ url: `${url}/307`, method: 'POST', body: 'b', headers, redirects: 1 }))).toBe(
    'refused_redirect',
  );
  expect(seen).toHaveLength(1);
});

test('a body is sent again where a redirect within the origin keeps the method', async () => {
  const port = await localServer((request, response) => {
    if (request.url === '/') response.writeHead(308, { location: '/there' }).end();
    else text(request).then((body) => response.end(`${request.method} ${body}`));
  });
  const { body } = await allowing(port).request({
    url: `http://127.0.0.1:${port}/`,
    method: 'PUT',
    body: 'all of it',
    redirects: 1,
  });
  expect(body.toString()).toBe('PUT all of it');
});

test('headers that never come, a body that stands still, one that drips: time runs out', async () => {
  const port = await localServer((request, response) => {
    if (request.url === '/headers') return;
    response.writeHead(200).write('x');
    if (request.url === '/drip') {
      const drip = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(drip));
    }
  });
  const outbound = allowing(port);
  const url = `http://127.0.0.1:${port}`;
  expect(await failure(outbound.request({ url: `${url}/headers`, idleMs: 100 }))).toBe('timeout');
  expect(await failure(outbound.request({ url: `${url}/body`, idleMs: 100 }))).toBe('timeout');
  for (const path of ['headers', 'body', 'drip'])
    expect(await failure(outbound.request({ url: `${url}/${path}`, totalMs: 300 }))).toBe('timeout');
  const { body } = await outbound.open({ url: `${url}/drip`, totalMs: 300 });
  expect(await failure(text(body))).toBe('timeout');
});

test('the caller may give up at any time', async () => {
  const port = await localServer((_request, response) => void response.writeHead(200).write('x'));
  const outbound = allowing(port);
  const url = `http://127.0.0.1:${port}/`;
  expect(await failure(outbound.request({ url, signal: AbortSignal.abort() }))).toBe('aborted');
  const controller = new AbortController();
  const { body } = await outbound.open({ url, signal: controller.signal });
  controller.abort();
  expect(await failure(text(body))).toBe('aborted');
});

test('what is too large is stopped, packed or not, and where that is asked for it is cut', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  expect(bomb.byteLength).toBeLessThan(100_000);
  const port = await localServer((request, response) => {
    if (request.url === '/bomb') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    else {
      const more = () => {
        while (response.write(Buffer.alloc(65_536, 'x')));
      };
      response.on('drain', more);
      more();
    }
  });
  const outbound = allowing(port);
  for (const path of ['bomb', 'endless']) {
    const url = `http://127.0.0.1:${port}/${path}`;
    expect(await failure(outbound.request({ url, maxBytes: 1_000_000 }))).toBe('too_large');
    const { body, isCut } = await outbound.request({ url, maxBytes: 1000, cut: true });
    expect([body.length, isCut]).toEqual([1000, true]);
  }
});

test('headers without end, damaged packing, something that is no HTTP: typed, each', async () => {
  const port = await localServer((request, response) => {
    if (request.url === '/headers') response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end();
    else if (request.url === '/damaged') response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all');
    else if (request.url === '/packing') response.writeHead(200, { 'content-encoding': 'pack200' }).end('x');
    else if (request.url === '/short') {
      response.writeHead(200, { 'content-length': 100 }).write('short');
      setImmediate(() => response.destroy());
    } else request.socket.end('SSH-2.0-OpenSSH_9.6\r\n');
  });
  const outbound = allowing(port);
  const ask = (path: string) => failure(outbound.request({ url: `http://127.0.0.1:${port}/${path}` }));
  expect(await ask('headers')).toBe('too_large');
  expect(await ask('damaged')).toBe('bad_response');
  expect(await ask('packing')).toBe('bad_response');
  expect(await ask('short')).toBe('connection');
  expect(await ask('ssh')).toBe('bad_response');
});

test('a header that would smuggle another is refused', async () => {
  const outbound = allowing(1);
  const headers = { 'x-a': 'b\r\nx-c: d' };
  expect(await failure(outbound.request({ url: 'http://127.0.0.1:1/', headers }))).toBe('invalid_request');
});

test('a certificate that nobody vouches for is refused, whatever the environment says', async () => {
  const { key, cert } = await selfSigned('inside.test');
  let reached = 0;
  const port = await listen(
    https.createServer({ key, cert }, (_request, response) => void response.end(String(++reached))),
  );
  const inside = { allow: ['127.0.0.0/8'], resolve: async () => ['127.0.0.1'] };
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  onTestFinished(() => void delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
  expect(await failure(outboundOf(inside).request({ url: `https://inside.test:${port}/` }))).toBe('tls');
  expect(reached).toBe(0);
  const trusting = outboundOf({ ...inside, ca: [cert] });
  expect((await trusting.request({ url: `https://inside.test:${port}/` })).body.toString()).toBe('1');
  expect(await failure(trusting.request({ url: `https://other.test:${port}/` }))).toBe('tls');
});

test('nobody there is a connection that failed', async () => {
  const port = await localServer(() => {});
  const gone = port === 1 ? 2 : 1;
  expect(await failure(allowing(gone).request({ url: `http://127.0.0.1:${gone}/` }))).toBe('connection');
});
