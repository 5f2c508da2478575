import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../connection.ts';
import { openSource } from './byte-source.ts';
import { sendFile } from './send-file.ts';

const uploadId = '0197c0de-0000-7000-8000-000000000000';

/** Keeps an upload of five bytes; the first PATCH is answered by a head and half a body, then the connection is gone. */
async function startBreakingServer() {
  const patches: string[] = [];
  const answers: Record<string, (response: ServerResponse, body: string) => void> = {
    POST: (response) => response.writeHead(201, { location: `/files/${uploadId}`, 'upload-offset': 0 }).end(),
    HEAD: (response) => response.writeHead(200, { 'upload-offset': 0, 'upload-length': 5 }).end(),
    PATCH: (response, body) => {
      patches.push(body);
      if (patches.length > 1) response.writeHead(204, { 'upload-offset': 5 }).end();
      else response.writeHead(503, { 'content-length': 100 }).write('half', () => response.destroy());
    },
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const answer = answers[String(request.method)];
    answer?.(response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, patches };
}

test('a connection that breaks in the middle of an answer is one that breaks: the bytes are sent again', async () => {
  const server = await startBreakingServer();
  const connection = connect({ url: server.url, auth: { apiKey: 'grn_test' } });
  const source = await openSource(new TextEncoder().encode('a\n1\n2'));
  expect(await sendFile(connection, source, { fileName: 'a.csv' }, {})).toBe(uploadId);
  expect(server.patches).toEqual(['a\n1\n2', 'a\n1\n2']);
});
