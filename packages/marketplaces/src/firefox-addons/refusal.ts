import { type Page, type ReadPlugin, UnreadablePage } from '../connector.ts';
import type { Availability } from '../plugin-facts.ts';
import { gone } from '../reading/assemble.ts';
import { pageText } from '../reading/decode.ts';
import { at, parseJson } from '../reading/json.ts';

/** What an answer other than 200 says of the add-on that was asked for; nothing where its number is not known. */
export function readRefusal(page: Page): readonly ReadPlugin[] {
  if (page.request.kind !== 'item') throw new UnreadablePage(`A list was answered with status ${page.status}.`);
  const { externalId } = page.request;
  return externalId === undefined ? [] : [gone(externalId, availabilityOf(page))];
}

function availabilityOf(page: Page): Availability {
  if (page.status === 404 || page.status === 410) return { state: 'unavailable', reason: 'not found' };
  if (page.status === 451) return { state: 'unavailable', reason: 'withheld for legal reasons' };
  const answer = parseJson(pageText(page));
  if (at(answer, 'is_disabled_by_mozilla') === true)
    return { state: 'closed', reason: 'disabled by Mozilla', closedOn: null };
  if (at(answer, 'is_disabled_by_developer') === true)
    return { state: 'closed', reason: 'disabled by its developer', closedOn: null };
  return { state: 'unavailable', reason: 'not public' };
}
