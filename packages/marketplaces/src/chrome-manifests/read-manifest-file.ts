import { readManifest } from '../chrome-web-store/manifest.ts';
import { usersOf } from '../chrome-web-store/users.ts';
import { type ReadPlugin, UnreadablePage } from '../connector.ts';
import { hostUrl } from '../normalising/urls.ts';
import { assemble, first } from '../reading/assemble.ts';
import { readDate } from '../reading/dates.ts';
import { readCount } from '../reading/numbers.ts';
import { ratingOf, readDecimal } from '../reading/ratings.ts';
import { readSize } from '../reading/sizes.ts';
import { readFrontMatter } from './front-matter.ts';

/**
 * A file of the dataset of extension manifests (https://github.com/palant/chrome-extension-manifests-dataset): what the Chrome Web Store said of an
 * extension at the dataset's date, and its manifest. The file's name is the extension's id. Null where it is no such file.
 */
export function readManifestFile(file: string, id: string | null): ReadPlugin | null {
  const frontMatter = readFrontMatter(file);
  if (frontMatter === null) return null;
  if (id === null) throw new UnreadablePage('The file has no extension as its name.');
  const { fields, rest } = frontMatter;
  const text = (name: string) => {
    const value = fields.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const list = (name: string) => {
    const value = fields.get(name);
    return Array.isArray(value) ? value : null;
  };
  const manifest = readManifest(rest);
  const name = text('name') ?? manifest?.name ?? null;
  if (name === null) throw new UnreadablePage('The file names no extension.');
  const slug = text('slug');
  // files with a slug have a slug for the publisher too, which is nobody's name
  const publisher = slug === null ? (text('publisher_account') ?? text('publisher')) : null;
  const count = readCount(text('rating_count') ?? '');
  const site = address(text('publisher_site'));
  return assemble(
    id,
    { state: 'available' },
    {
      name: first(['meta', text('name')], ['embedded', manifest?.name]),
      slug: first(['meta', slug]),
      url: first(['meta', `https://chromewebstore.google.com/detail/${id}`]),
      summary: first(['meta', text('description')]),
      developer: first(['meta', publisher === null ? null : { name: publisher, publisherId: null, website: site }]),
      categories: first(['meta', list('category_slug') ?? only(text('category_slug'))]),
      permissions: first(['embedded', manifest?.permissions]),
      languages: first(['meta', list('languages')]),
      version: first(['meta', text('version')], ['embedded', manifest?.version]),
      manifestVersion: first(['embedded', manifest?.manifestVersion]),
      sizeBytes: first(['meta', readSize(text('size') ?? '')]),
      users: first(['meta', usersOf(readCount(text('user_count') ?? ''))]),
      rating: first(['meta', ratingOf(readDecimal(text('rating') ?? ''), { count: count?.value ?? 0 })]),
      ratingCount: first(['meta', count]),
      websiteUrl: first(['meta', address(text('extension_website')) ?? site]),
      supportUrl: first(['meta', address(text('support_website'))]),
      privacyPolicyUrl: first(['meta', address(text('privacy_policy'))]),
      updatedAt: first(['meta', readDate(text('release_date') ?? '')]),
    },
  );
}

function only(text: string | null): readonly string[] | null {
  return text === null ? null : [text];
}

/** Some stand without a scheme. */
function address(text: string | null): string | null {
  if (text === null) return null;
  return /^https?:\/\//i.test(text) ? text : hostUrl(text);
}
