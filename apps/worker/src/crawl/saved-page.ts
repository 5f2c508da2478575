/** What a saved page says of itself. */
export interface SavedPage {
  readonly url: string | null;
  readonly savedAt: Date | null;
}

const headBytes = 65_536;

/**
 * Where a saved page came from, by what browsers and pages write: the comment `saved from url=(0040)https://…`, the canonical
 * link, og:url. And when, by a date at the beginning of its file's name (2026-04-17-….html), which is midnight UTC.
 */
export function describeSavedPage(fileName: string, body: Uint8Array): SavedPage {
  const head = Buffer.from(body.subarray(0, headBytes)).toString('latin1');
  return { url: urlIn(head), savedAt: dateIn(fileName) };
}

function urlIn(head: string): string | null {
  const candidates = [/<!--\s{0,9}saved from url=\(\d{4,6}\)(\S{1,2000})/i.exec(head)?.[1]];
  for (const [tag] of head.matchAll(/<(?:link|meta)\b[^<>]*>/gi)) {
    if (attribute(tag, 'rel')?.toLowerCase() === 'canonical') candidates.push(attribute(tag, 'href'));
    if (attribute(tag, 'property')?.toLowerCase() === 'og:url') candidates.push(attribute(tag, 'content'));
  }
  for (const candidate of candidates) {
    const text = candidate?.replaceAll('&amp;', '&');
    if (text && /^https?:\/\//.test(text) && text.length <= 2000 && URL.canParse(text)) return new URL(text).href;
  }
  return null;
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>"']+))`, 'i').exec(tag);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}

function dateIn(fileName: string): Date | null {
  const [, day] = /(?:^|\/)(\d{4}-\d{2}-\d{2})(?!\d)[^/]*$/.exec(fileName) ?? [];
  const date = new Date(`${day}T00:00:00Z`);
  // which a 31st of February would not survive
  return day !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? date : null;
}
