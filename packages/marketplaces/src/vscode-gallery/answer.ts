import { type CrawlRequest, type Page, type PageReading, UnreadablePage } from '../connector.ts';
import { gone } from '../reading/assemble.ts';
import { pageText } from '../reading/decode.ts';
import { at, listAt, numberAt, parseJson, textAt } from '../reading/json.ts';
import { readEach } from '../reading/read-each.ts';
import { readExtension } from './extension.ts';
import type { Gallery } from './index.ts';
import { listRequest } from './requests.ts';

/** Far beyond what a gallery has, so that an answer that always promises more comes to an end. */
const maxPages = 10_000;

export function readAnswer(gallery: Gallery, page: Page): PageReading {
  if (page.status !== 200) throw new UnreadablePage(`It was answered with status ${page.status}.`);
  const answer = parseJson(pageText(page));
  const listed = listAt(answer, 'results', 0, 'extensions');
  if (listed === null) throw new UnreadablePage('It is no list of extensions.');
  const plugins = readEach(listed, (extension) => readExtension(gallery, extension));
  const { externalId } = page.request;
  if (listed.length === 0 && page.request.kind === 'item' && externalId !== undefined)
    return { requests: [], plugins: [gone(externalId, { state: 'unavailable', reason: 'not found' })] };
  return { requests: nextPage(gallery, page.request, listed.length, totalOf(answer)), plugins };
}

function totalOf(answer: unknown): number | null {
  for (const metadata of listAt(answer, 'results', 0, 'resultMetadata') ?? [])
    if (textAt(metadata, 'metadataType') === 'ResultCount')
      for (const item of listAt(metadata, 'metadataItems') ?? [])
        if (textAt(item, 'name') === 'TotalCount') return numberAt(item, 'count');
  return null;
}

/** By the page that was asked for; a page that is not full is the last, where no total is told. */
function nextPage(
  gallery: Gallery,
  request: CrawlRequest,
  found: number,
  total: number | null,
): readonly CrawlRequest[] {
  if (request.kind !== 'index' || request.body === undefined || found === 0) return [];
  const filter = at(parseJson(request.body), 'filters', 0);
  const pageNumber = numberAt(filter, 'pageNumber') ?? 0;
  const pageSize = numberAt(filter, 'pageSize') ?? 0;
  const more = total === null ? found >= pageSize : pageNumber * pageSize < total;
  if (!more || pageNumber < 1 || pageNumber >= maxPages) return [];
  const criteria = (listAt(filter, 'criteria') ?? []).flatMap((criterion) => {
    const filterType = numberAt(criterion, 'filterType');
    const value = textAt(criterion, 'value');
    return filterType === null || value === null ? [] : [{ filterType, value }];
  });
  return [
    listRequest(gallery, { criteria, pageNumber: pageNumber + 1, pageSize, sortBy: numberAt(filter, 'sortBy') ?? 0 }),
  ];
}
