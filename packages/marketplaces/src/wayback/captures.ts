import { type CrawlRequest, UnreadablePage } from '../connector.ts';
import { listAt, parseJson, textAt } from '../reading/json.ts';

/** The Internet Archive, which is asked about fifteen times a minute at most. */
export const waybackHost = 'web.archive.org';

export interface CaptureOptions {
  /** The plugin that the captures are of, where the address tells it. */
  readonly externalId?: string;
  /** Of captures that follow one another sooner, the first is taken. */
  readonly minimumDays?: number;
}

/**
 * The question which captures of an address there are:
 * https://github.com/internetarchive/wayback/blob/master/wayback-cdx-server/README.md. Captures whose content is that of
 * the one before are left out by the server. `from` and `to` are dates (YYYY-MM-DD).
 */
export function captureIndexUrl(address: string, range: { readonly from?: string; readonly to?: string } = {}): string {
  const query = new URLSearchParams({ url: address, output: 'json', collapse: 'digest', filter: 'statuscode:200' });
  for (const name of ['from', 'to'] as const) {
    const date = range[name];
    if (date !== undefined) query.set(name, date.replaceAll('-', ''));
  }
  return `https://${waybackHost}/cdx/search/cdx?${query}`;
}

const maxCaptures = 20_000;

/**
 * The requests that fetch what an answer to that question lists, oldest first, each with its capture's own date. The form
 * `id_` gives a page as it was captured, without the archive's additions. Throws UnreadablePage for what is no such answer.
 */
export function captureRequests(
  answer: string,
  { externalId, minimumDays = 1 }: CaptureOptions = {},
): readonly CrawlRequest[] {
  const rows = answer.trim() === '' ? [] : listAt(parseJson(answer));
  if (rows === null || rows.length > maxCaptures) throw new UnreadablePage('It is no index of captures.');
  const [header, ...captures] = rows;
  if (header === undefined) return [];
  const column = (name: string) => listAt(header)?.indexOf(name) ?? -1;
  const places = {
    timestamp: column('timestamp'),
    original: column('original'),
    status: column('statuscode'),
    digest: column('digest'),
  };
  if (places.timestamp === -1 || places.original === -1)
    throw new UnreadablePage('The index of captures has no time stamps.');
  const found = captures
    .flatMap((row) => {
      const timestamp = textAt(row, places.timestamp);
      const original = textAt(row, places.original);
      const archivedAt = timestamp === null ? null : timeOf(timestamp);
      const status = textAt(row, places.status);
      if (timestamp === null || original === null || archivedAt === null || (status !== null && status !== '200'))
        return [];
      return [{ timestamp, original, archivedAt, digest: textAt(row, places.digest) }];
    })
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
  const requests: CrawlRequest[] = [];
  let last: { readonly time: number; readonly digest: string | null } | undefined;
  for (const { timestamp, original, archivedAt, digest } of found) {
    const time = Date.parse(archivedAt);
    if (
      last !== undefined &&
      (time - last.time < minimumDays * 86_400_000 || (digest !== null && digest === last.digest))
    )
      continue;
    last = { time, digest };
    const url = `https://${waybackHost}/web/${timestamp}id_/${original}`;
    requests.push({
      key: url,
      kind: 'item',
      method: 'GET',
      url,
      archivedAt,
      ...(externalId === undefined ? {} : { externalId }),
    });
  }
  return requests;
}

/** "20230406120000" */
function timeOf(timestamp: string): string | null {
  const found = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(timestamp);
  if (found === null) return null;
  const [, year, month, day, hour, minute, second] = found;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
