import { hostUrl } from '../normalising/urls.ts';
import type { Developer } from '../plugin-facts.ts';
import { dateOfEpoch } from '../reading/dates.ts';
import { at, numberAt, textAt, textsAt } from '../reading/json.ts';
import { exactCount } from '../reading/numbers.ts';
import { ratingOf } from '../reading/ratings.ts';
import { readSize } from '../reading/sizes.ts';
import { idPattern } from './ids.ts';
import { readManifest } from './manifest.ts';
import { usersOf } from './users.ts';

/**
 * The item's data, by place: [0] is the summary that lists of items have as well. Layouts of 2025 and 2026; null where no
 * item is in the first place. A place that holds something of another kind counts as empty.
 */
export function readEmbedded(data: unknown) {
  const summary = at(data, 0);
  const id = textAt(summary, 0);
  if (id === null || !idPattern.test(id)) return null;
  const manifest = readManifest(textAt(summary, 18) ?? '');
  const average = numberAt(summary, 3);
  const count = exactCount(numberAt(summary, 4));
  // one without the other is neither: something else stands in their places
  const rated = average !== null && count !== null;
  const verifiedHost = textAt(summary, 7);
  return {
    id,
    logoUrl: textAt(summary, 1),
    name: textAt(summary, 2),
    rating: rated ? ratingOf(average, { count: count.value }) : null,
    ratingCount: rated ? count : null,
    featuredImageUrl: textAt(summary, 16) ?? textAt(summary, 5),
    summary: textAt(summary, 6),
    websiteUrl: verifiedHost === null ? null : hostUrl(verifiedHost),
    featured: flag(at(summary, 9)),
    categories: categoriesOf(textAt(summary, 11, 0)),
    users: usersOf(exactCount(numberAt(summary, 14))),
    createdAt: dateOfEpoch(numberAt(summary, 17, 0), numberAt(summary, 17, 1)),
    permissions: manifest?.permissions ?? null,
    description: textAt(data, 6),
    developer: developerOf(at(data, 10), verifiedHost),
    version: textAt(data, 13) ?? manifest?.version ?? null,
    updatedAt: dateOfEpoch(numberAt(data, 14, 0), numberAt(data, 14, 1)),
    sizeBytes: readSize(textAt(data, 15) ?? ''),
    languages: textsAt(data, 16),
    supportUrl: textAt(data, 26),
    privacyPolicyUrl: textAt(data, 33),
    manifestVersion: manifest?.manifestVersion ?? numberAt(data, 37),
  };
}

/** True in 2025 and 1 in 2026, and else null. */
function flag(value: unknown): boolean {
  return value === true || value === 1;
}

function categoriesOf(slug: string | null): readonly string[] | null {
  return slug === null ? null : [slug];
}

/** Beside the name stand an e-mail address, a telephone number and a postal address: none of them is read. */
function developerOf(developer: unknown, verifiedHost: string | null): Developer | null {
  const name = textAt(developer, 5);
  if (name === null) return null;
  return { name, publisherId: textAt(developer, 10), website: verifiedHost === null ? null : hostUrl(verifiedHost) };
}
