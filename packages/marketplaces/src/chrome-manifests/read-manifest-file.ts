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
 * A file of the dataset of extension manifests (https://github.com/palant/chrome-extension-manifests-dataset): what the
 * Chrome Web Store said of an extension at the dataset's date, and its manifest. The file's name is the extension's id.
 * Null where it is no such file.
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
  // files of different years state different fields
  const stated = <T>(names: readonly string[], value: T | null) =>
    names.some((name) => fields.has(name)) ? first(['meta', value]) : undefined;
  const manifest = readManifest(rest);
  const hasManifest = rest.trim() !== '';
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
      slug: stated(['slug'], slug),
      url: first(['meta', `https://chromewebstore.google.com/detail/${id}`]),
      summary: stated(['description'], text('description')),
      developer: stated(
        ['publisher', 'publisher_account'],
        publisher === null ? null : { name: publisher, publisherId: null, website: site },
      ),
      categories: stated(['category_slug'], list('category_slug') ?? only(text('category_slug'))),
      permissions: hasManifest ? first(['embedded', manifest?.permissions]) : undefined,
      languages: stated(['languages'], list('languages')),
      version: first(['meta', text('version')], ['embedded', manifest?.version]) ?? (hasManifest ? null : undefined),
      manifestVersion: hasManifest ? first(['embedded', manifest?.manifestVersion]) : undefined,
      sizeBytes: stated(['size'], readSize(text('size') ?? '')),
      users: stated(['user_count'], usersOf(readCount(text('user_count') ?? ''))),
      rating: stated(['rating'], ratingOf(readDecimal(text('rating') ?? ''), { count: count?.value ?? 0 })),
      ratingCount: stated(['rating_count'], count),
      websiteUrl: stated(['extension_website', 'publisher_site'], address(text('extension_website')) ?? site),
      supportUrl: stated(['support_website'], address(text('support_website'))),
      privacyPolicyUrl: stated(['privacy_policy'], address(text('privacy_policy'))),
      updatedAt: stated(['release_date'], readDate(text('release_date') ?? '')),
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
