import type { Page, ReadPlugin } from '../connector.ts';
import { assemble, first } from '../reading/assemble.ts';
import { readDate } from '../reading/dates.ts';
import { htmlText } from '../reading/html-text.ts';
import { at, textAt } from '../reading/json.ts';
import { lineOf } from '../reading/text.ts';
import { slugPattern } from './plugin.ts';

/** A plugin that the directory closed: it answers with an error that says when and why. Null for any other answer. */
export function readClosed(page: Page, answer: unknown): ReadPlugin | null {
  const slug = textAt(answer, 'slug') ?? page.request.externalId ?? null;
  if (
    slug === null ||
    !slugPattern.test(slug) ||
    (textAt(answer, 'error') !== 'closed' && at(answer, 'closed') !== true)
  )
    return null;
  const reason = textAt(answer, 'reason_text') ?? textAt(answer, 'reason');
  const name = textAt(answer, 'name');
  return assemble(
    slug,
    {
      state: 'closed',
      reason: reason === null ? null : lineOf(htmlText(reason)),
      closedOn: readDate(textAt(answer, 'closed_date') ?? ''),
    },
    { name: first(['api', name === null ? null : htmlText(name)]), slug: first(['api', slug]) },
  );
}
