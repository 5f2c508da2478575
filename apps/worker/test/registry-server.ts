import { createHash, randomUUID } from 'node:crypto';
import type http from 'node:http';
import { serve } from './git-server.ts';

interface Held {
  readonly type: string;
  readonly bytes: Buffer;
}

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * A registry on this machine, as the Distribution Specification has it (pull, and push in one piece or several), until the test ends. With
 * `token`, it gives to anybody, and asks for, a token.
 */
export async function registry({ token }: { readonly token?: string } = {}) {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Held>();
  const uploads = new Map<string, Buffer>();
  const asked: string[] = [];
  const url = await serve(async (request, response) => {
    const { method = 'GET' } = request;
    const at = new URL(request.url ?? '/', url);
    asked.push(`${method} ${at.pathname}`);
    const body = await read(request);
    const answer = (status: number, headers: http.OutgoingHttpHeaders = {}, bytes?: Buffer) =>
      void response.writeHead(status, headers).end(method === 'HEAD' ? undefined : bytes);
    if (at.pathname === '/token') return answer(200, {}, Buffer.from(JSON.stringify({ token })));
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return answer(401, { 'www-authenticate': `Bearer realm="${url}/token",service="test",scope="x"` });
    if (at.pathname === '/v2/') return answer(200);
    const [, name = '', kind = '', rest = ''] =
      /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests)\/?(.*)$/.exec(at.pathname) ?? [];
    if (kind === 'blobs/uploads') {
      const id = rest || randomUUID();
      const whole = Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), body]);
      uploads.set(id, whole);
      const digest = at.searchParams.get('digest');
      if (digest === null) {
        const headers = { location: `/v2/${name}/blobs/uploads/${id}`, range: `0-${Math.max(0, whole.length - 1)}` };
        return answer(202, headers);
      }
      if (digest !== digestOf(whole)) return answer(400);
      blobs.set(digest, whole);
      return answer(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest });
    }
    if (kind === 'blobs') {
      const blob = blobs.get(rest);
      return blob ? answer(200, { 'content-length': blob.length, 'docker-content-digest': rest }, blob) : answer(404);
    }
    if (kind === 'manifests' && method === 'PUT') {
      put(name, rest, { type: request.headers['content-type'] ?? '', bytes: body });
      return answer(201, { 'docker-content-digest': digestOf(body) });
    }
    const found = manifests.get(`${name} ${rest}`);
    if (!found) return answer(404);
    const headers = { 'content-type': found.type, 'content-length': found.bytes.length };
    return answer(200, { ...headers, 'docker-content-digest': digestOf(found.bytes) }, found.bytes);
  });
  function put(name: string, reference: string, held: Held): string {
    const digest = digestOf(held.bytes);
    manifests.set(`${name} ${reference}`, held);
    manifests.set(`${name} ${digest}`, held);
    return digest;
  }
  const keep = (bytes: Buffer) => {
    blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  return { url, host: new URL(url).host, asked, put, keep, manifests, blobs };
}

async function read(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
