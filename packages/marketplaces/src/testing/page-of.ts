import type { CrawlRequest, Page } from '../connector.ts';

export interface Answer {
  readonly url: string;
  readonly body: string | Uint8Array;
  readonly kind?: CrawlRequest['kind'];
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly externalId?: string;
  readonly fetchedAt?: Date;
}

/** A page as a crawl would hand it over, of a GET unless a request is given. */
export function pageOf(
  { url, body, kind = 'item', status = 200, headers = {}, externalId, fetchedAt }: Answer,
  request?: CrawlRequest,
): Page {
  return {
    request: request ?? { key: url, kind, method: 'GET', url, ...(externalId === undefined ? {} : { externalId }) },
    url,
    status,
    headers,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    fetchedAt: fetchedAt ?? new Date('2026-11-01T12:00:00Z'),
  };
}
