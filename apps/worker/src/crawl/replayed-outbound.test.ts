import { fixtureSite, startReplayServer } from '@granary/marketplaces/testing';
import { OutboundError } from '@granary/outbound';
import { expect, onTestFinished, test } from 'vitest';
import { replayedOutbound } from './replayed-outbound.ts';

async function replay() {
  const server = await startReplayServer({ routes: fixtureSite() });
  const outbound = replayedOutbound('GranaryTest/1.0', `127.0.0.1:${server.port}`);
  onTestFinished(async () => {
    await Promise.all([outbound.close(), server.close()]);
  });
  return { server, outbound };
}
const robots = 'https://chromewebstore.google.com/robots.txt';

test('a host’s page comes from the server on this machine, under the page’s own address', async () => {
  const { server, outbound } = await replay();
  const { status, url, body } = await outbound.request({ url: robots });
  expect([status, url.href]).toEqual([200, robots]);
  expect(body.toString()).toContain('User-agent');
  expect(server.requests).toMatchObject([{ host: 'chromewebstore.google.com', target: '/robots.txt', status: 200 }]);
});

test('whatever is named, nothing but that server is reached, and what a crawl may not ask it may not ask here', async () => {
  const { server, outbound } = await replay();
  expect((await outbound.request({ url: 'https://nowhere.example/' })).status).toBe(404);
  const refused = [
    'http://chromewebstore.google.com/',
    'https://127.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    `https://[::1]:${server.port}/`,
    'file:///etc/passwd',
  ];
  for (const url of refused) await expect(outbound.request({ url }), url).rejects.toBeInstanceOf(OutboundError);
  await expect(outbound.request({ url: robots, hosts: ['elsewhere.example'] })).rejects.toMatchObject({
    kind: 'refused_host',
  });
  // public ones, which no name server is asked for
  for (const url of ['https://1.1.1.1/', 'https://[2606:4700:4700::1111]/'])
    await expect(outbound.request({ url }), url).rejects.toMatchObject({ kind: 'refused_address' });
  expect(server.requests.map(({ host }) => host)).toEqual(['nowhere.example']);
});
