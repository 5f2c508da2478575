import type { Developer, UserCount } from '../plugin-facts.ts';
import { dateOfEpoch } from '../reading/dates.ts';
import type { HtmlPage } from '../reading/html.ts';
import { initData } from '../reading/init-data.ts';
import { at, listAt, numberAt, textAt } from '../reading/json.ts';
import { exactCount, readCount } from '../reading/numbers.ts';
import { ratingOf } from '../reading/ratings.ts';

/**
 * The app's own block and that of its permissions. The others hold the visitor, the visitor's domain and what it installed.
 */
const appBlock = 'ds:1';
const permissionsBlock = 'ds:7';

/** What the page's data says of the app; null where the page was saved without it. */
export function readEmbedded(page: HtmlPage) {
  const app = at(initData(page, appBlock)?.data, 0);
  const id = numberAt(app, 0) ?? textAt(app, 0);
  const name = textAt(app, 3, 0);
  if (id === null || !/^\d{1,20}$/.test(String(id)) || name === null) return null;
  const count = exactCount(numberAt(app, 5, 0));
  return {
    id: String(id),
    name,
    summary: textAt(app, 3, 1),
    description: textAt(app, 3, 2),
    logoUrl: textAt(app, 3, 3),
    featuredImageUrl: textAt(app, 3, 4),
    slug: textAt(app, 3, 5),
    developer: developerOf(app),
    ratingCount: count,
    rating: ratingOf(numberAt(app, 5, 1), { count: count?.value ?? 0 }),
    users: usersOf(app),
    privacyPolicyUrl: textAt(app, 8, 2),
    supportUrl: textAt(app, 8, 3),
    websiteUrl: textAt(app, 8, 4),
    updatedAt: dateOfEpoch(numberAt(app, 21, 0), numberAt(app, 21, 1)),
    permissions: permissionsOf(page),
  };
}

function developerOf(app: unknown): Developer | null {
  const name = textAt(app, 4, 0);
  return name === null ? null : { name, publisherId: null, website: textAt(app, 8, 4) };
}

/** The page shows "103K+"; beside it its data has 103974. */
function usersOf(app: unknown): UserCount | null {
  const count = exactCount(numberAt(app, 5, 3)) ?? readCount(textAt(app, 5, 2) ?? '');
  return count && { ...count, metric: 'installs' };
}

function permissionsOf(page: HtmlPage): readonly string[] | null {
  const permissions = listAt(initData(page, permissionsBlock)?.data, 0, 1);
  return permissions?.map((permission) => textAt(permission, 0, 1)).filter((title) => title !== null) ?? null;
}
