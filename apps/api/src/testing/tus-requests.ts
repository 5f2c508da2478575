import { request } from 'node:http';
import type { TestApi } from './start-test-api.ts';

type Sent = Parameters<TestApi['fetch']>[1];

/** Requests of the tus protocol, one by one: a client would hide what the server does. */
export function tusRequests(api: Pick<TestApi, 'fetch'>) {
  const send = (method: string, path: string, init: Sent = {}) =>
    api.fetch(path, {
      method,
      ...init,
      headers: { 'tus-resumable': '1.0.0', ...Object.fromEntries(new Headers(init.headers)) },
    });
  return {
    send,
    create: (bytes: number, init: Sent = {}) =>
      send('POST', '/files', {
        ...init,
        headers: {
          'upload-length': String(bytes),
          'upload-metadata': `filename ${Buffer.from('Übersicht.csv').toString('base64')}`,
          ...Object.fromEntries(new Headers(init.headers)),
        },
      }),
    /** The path of a new upload. */
    async begin(bytes: number): Promise<string> {
      const response = await this.create(bytes);
      if (response.status !== 201) throw new Error(`POST /files answered ${response.status}: ${await response.text()}`);
      return response.headers.get('location') ?? '';
    },
    append: (path: string, offset: number, body: Uint8Array, init: Sent = {}) =>
      send('PATCH', path, {
        ...init,
        body: Uint8Array.from(body),
        headers: { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
      }),
    head: (path: string, init: Sent = {}) => send('HEAD', path, init),
    async offset(path: string): Promise<number> {
      const { headers, status } = await send('HEAD', path);
      return status === 200 ? Number(headers.get('upload-offset')) : Number.NaN;
    },
  };
}

/** A PATCH of which only a part is sent before `cut` destroys its connection. */
export function brokenAppend(
  { url, key }: { url: string; key: string },
  path: string,
  { offset, total, part }: { offset: number; total: number; part: Uint8Array },
): { cut(): void } {
  const patch = request(`${url}${path}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${key}`,
      'tus-resumable': '1.0.0',
      'upload-offset': offset,
      'content-type': 'application/offset+octet-stream',
      'content-length': total - offset,
    },
  });
  patch.on('error', () => {});
  patch.write(part);
  return { cut: () => patch.destroy() };
}
