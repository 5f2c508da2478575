import type { Readable } from 'node:stream';
import type { UrlRules } from './check-url.ts';
import type { OutboundProxy } from './proxy-tunnel.ts';
import type { ResolveName } from './resolve-name.ts';

export interface OutboundOptions {
  readonly userAgent: string;
  /** What may be reached although it is private: networks (`10.1.0.0/16`) and `host:port`. */
  readonly allow?: readonly string[];
  /** Default: name servers for names that anybody gave, the system for those that `allow` has. */
  readonly resolve?: ResolveName;
  /** Certificates of authorities to trust, in PEM, instead of the usual ones. */
  readonly ca?: readonly string[];
  /** Milliseconds for resolving a name, and again for the connection. Default: 10,000. */
  readonly connectMs?: number;
  /** Default: none. */
  readonly proxy?: OutboundProxy | undefined;
}

export interface OutboundRequest extends Omit<UrlRules, 'allowed'> {
  readonly url: string | URL;
  /** Default: GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /**
   * How many redirects are followed, each checked as the URL was. Default: none, and an answer that redirects is an answer like
   * another. `refuse`: it is an error.
   */
  readonly redirects?: number | 'refuse';
  /** Of the body, as it comes and as it is unpacked. Default: 10 MiB. */
  readonly maxBytes?: number;
  /** `request` alone: what is longer than `maxBytes` is cut there, instead of failing. */
  readonly cut?: boolean;
  /** Until the answer's headers are there, and between two pieces of the body; a second more or less. Default: 30,000. */
  readonly idleMs?: number;
  /** For all of it, redirects and body too. Default: 60,000. */
  readonly totalMs?: number;
  readonly signal?: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What was asked last. */
  readonly url: URL;
  /** What was asked before that, in order. */
  readonly redirectedFrom: readonly URL[];
}

export interface OutboundResponse extends Answer {
  readonly body: Buffer;
  readonly isCut: boolean;
}

export interface OutboundStream extends Answer {
  /** Read it to its end, or destroy it: it holds a connection. It fails with an `OutboundError`. */
  readonly body: Readable;
}

export interface Outbound {
  /**
   * Any status is an answer.
   * @throws {OutboundError} for whatever was refused, failed, or took too long or too much
   */
  request(input: OutboundRequest): Promise<OutboundResponse>;
  /** As `request`, but the body is read by the caller, in its own time within `totalMs`. */
  open(input: OutboundRequest): Promise<OutboundStream>;
  /** The URL as it would be asked for: as far as that shows without resolving its name. */
  check(url: string | URL, rules?: Omit<UrlRules, 'allowed'>): URL;
  close(): Promise<void>;
}
