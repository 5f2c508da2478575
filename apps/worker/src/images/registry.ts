import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { DomainError } from '@granary/domain';
import { type Outbound, OutboundError, type OutboundStream } from '@granary/outbound';
import { z } from 'zod';

export interface RegistryPlace {
  /** With a port. */
  readonly host: string;
  readonly name: string;
  /** `user:password`, of the operator's own registry. */
  readonly credentials?: string | undefined;
  /** Default: https, and http where that fails and the operator listed the host. */
  readonly isSecure?: boolean | undefined;
}

export interface Manifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

const token = z.union([z.object({ token: z.string().min(1) }), z.object({ access_token: z.string().min(1) })]);
const manifestBytes = 4 * 1024 ** 2; // what registries take themselves
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * What a registry has, by its HTTP API (https://github.com/opencontainers/distribution-spec), through the guarded way out. Nobody logs in
 * but with what a registry gives to anybody, or to the operator.
 *
 * @throws {DomainError} `not_found` for what it has not, `unavailable` for one that does not answer, `precondition` for any other answer
 */
export class Registry {
  readonly #outbound: Outbound;
  readonly #place: RegistryPlace;
  readonly #signal: AbortSignal | undefined;
  #authorization: string | undefined;
  #origin: string | undefined;

  constructor(outbound: Outbound, place: RegistryPlace, signal?: AbortSignal) {
    this.#outbound = outbound;
    this.#place = place;
    this.#signal = signal;
  }

  /** By tag or digest. Its digest is made here, of what came. */
  async manifest(reference: string): Promise<Manifest> {
    const { body, headers } = await this.#ask(`manifests/${reference}`, manifestBytes, {
      accept: manifestTypes.join(', '),
    });
    const bytes = await collected(body);
    const digest = digestOf(bytes);
    if (reference.startsWith('sha256:') && reference !== digest)
      throw new DomainError('precondition', 'the registry answered with something of another digest');
    return { mediaType: headers.get('content-type')?.split(';')[0]?.trim() ?? '', digest, bytes };
  }

  /** Whoever reads it must hold it against its digest, and read it to its end or destroy it. */
  async blob(digest: string, maxBytes: number): Promise<Readable> {
    return (await this.#ask(`blobs/${digest}`, maxBytes, {})).body;
  }

  async #ask(what: string, maxBytes: number, headers: Record<string, string>): Promise<OutboundStream> {
    const path = `/v2/${this.#place.name}/${what}`;
    const first = await this.#open(path, maxBytes, headers);
    if (first.status !== 401) return this.#accepted(first);
    first.body.destroy();
    this.#authorization = await this.#authorize(first.headers.get('www-authenticate') ?? '');
    return this.#accepted(await this.#open(path, maxBytes, headers));
  }

  async #open(path: string, maxBytes: number, headers: Record<string, string>): Promise<OutboundStream> {
    const request = (origin: string) =>
      this.#outbound.open({
        url: `${origin}${path}`,
        headers: { ...headers, ...(this.#authorization && { authorization: this.#authorization }) },
        redirects: 3,
        maxBytes,
        totalMs: 1_800_000,
        ...(this.#signal && { signal: this.#signal }),
      });
    const secure = `https://${this.#place.host}`;
    const plain = `http://${this.#place.host}`;
    if (this.#place.isSecure !== undefined) this.#origin = this.#place.isSecure ? secure : plain;
    try {
      if (this.#origin !== undefined) return await request(this.#origin);
      const answer = await request(secure).catch((error: unknown) => {
        // as Docker does with registries that the operator named
        if (!(error instanceof OutboundError) || !/^(?:connection|tls)$/.test(error.kind) || !this.#mayBePlain(plain))
          throw error;
        this.#origin = plain;
        return request(plain);
      });
      this.#origin ??= secure;
      return answer;
    } catch (error) {
      throw explained(error);
    }
  }

  #mayBePlain(url: string): boolean {
    try {
      this.#outbound.check(url);
      return true;
    } catch {
      return false;
    }
  }

  /** `Bearer realm="…",service="…",scope="…"` (https://distribution.github.io/distribution/spec/auth/token/), or `Basic`. */
  async #authorize(challenge: string): Promise<string> {
    const { credentials, name } = this.#place;
    const basic = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (/^basic\b/i.test(challenge) && basic) return basic;
    const realm = URL.parse(/realm="([^"]{1,1000})"/.exec(challenge)?.[1] ?? '');
    if (!/^bearer\b/i.test(challenge) || !realm)
      throw new DomainError('precondition', 'the registry wants somebody to log in');
    const service = /service="([^"]{1,300})"/.exec(challenge)?.[1];
    if (service !== undefined) realm.searchParams.set('service', service);
    realm.searchParams.set('scope', `repository:${name}:pull`);
    try {
      // credentials go to where the operator's registry is, and nowhere that an answer names
      const isOwn = basic !== undefined && realm.host === this.#place.host;
      const answer = await this.#outbound.request({
        url: realm,
        headers: isOwn ? { authorization: basic } : {},
        redirects: 'refuse',
        maxBytes: 1024 ** 2,
        totalMs: 30_000,
        ...(this.#signal && { signal: this.#signal }),
      });
      const given = answer.status === 200 ? token.safeParse(JSON.parse(answer.body.toString())) : undefined;
      if (!given?.success) throw new DomainError('precondition', 'the registry lets only those in who log in');
      const value = 'token' in given.data ? given.data.token : given.data.access_token;
      if (!/^[\x21-\x7e]+$/.test(value)) throw new DomainError('precondition', 'the registry gave no token');
      return `Bearer ${value}`;
    } catch (error) {
      if (error instanceof SyntaxError) throw new DomainError('precondition', 'the registry gave no token');
      throw explained(error);
    }
  }

  #accepted(answer: OutboundStream): OutboundStream {
    const { status, body } = answer;
    if (status === 200) return answer;
    body.destroy();
    if (status === 404) throw new DomainError('not_found', 'the registry has no such image');
    if (status === 401 || status === 403)
      throw new DomainError('precondition', 'the registry lets only those in who log in');
    const isTheirs = status === 429 || status >= 500;
    throw new DomainError(isTheirs ? 'unavailable' : 'precondition', `the registry answered with status ${status}`);
  }
}

async function collected(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
  } catch (error) {
    throw explained(error);
  }
  return Buffer.concat(chunks);
}

function explained(error: unknown): unknown {
  if (!(error instanceof OutboundError)) return error;
  const comesBack = error.kind === 'timeout' || error.kind === 'connection' || error.kind === 'name_not_found';
  return new DomainError(comesBack ? 'unavailable' : 'precondition', error.message, {}, { cause: error });
}
