/** What a robots.txt says to one crawler. */
export interface RobotsRules {
  readonly rules: readonly RobotsRule[];
  /** Seconds between two requests. Not of the RFC, but what many sites ask for and none asks without a reason. */
  readonly crawlDelay: number | null;
}

export interface RobotsRule {
  readonly allow: boolean;
  /** As written: a path with `*` and a final `$`. */
  readonly pattern: string;
}

/** RFC 9309, 2.5: what is behind the first 500 kibibytes need not be read. */
const mostBytes = 500 * 1024;

/** Everything is allowed: there is no robots.txt, or nothing in it for us. */
export const allowAll: RobotsRules = { rules: [], crawlDelay: null };
/** Nothing is allowed: the host could not say. */
export const disallowAll: RobotsRules = { rules: [{ allow: false, pattern: '/' }], crawlDelay: null };

/**
 * Reads a robots.txt (RFC 9309) for a crawler whose product token is given. All groups that name the token count together;
 * only where none does those of `*`. Never throws: lines that say nothing we know are passed over.
 */
export function parseRobots(file: Uint8Array, productToken: string): RobotsRules {
  const wanted = productToken.toLowerCase();
  const groups = { ours: emptyGroup(), everybodys: emptyGroup() };
  let isOurs = false;
  let isEverybodys = false;
  let inRules = true; // so that the first user-agent line begins a group
  for (const { key, value } of linesOf(file)) {
    if (key === 'user-agent') {
      if (inRules) isOurs = isEverybodys = inRules = false;
      const token = /^[a-z_-]+/i.exec(value)?.[0].toLowerCase();
      if (value.startsWith('*')) isEverybodys = true;
      else if (token === wanted) isOurs = groups.ours.isNamed = true;
      continue;
    }
    const targets = [isOurs ? groups.ours : undefined, isEverybodys ? groups.everybodys : undefined];
    if (key === 'crawl-delay') for (const group of targets) group?.delays.push(Number(value));
    if (key !== 'allow' && key !== 'disallow') continue; // what we do not know, as Sitemap, ends no group
    inRules = true;
    // an empty pattern matches nothing
    if (value !== '') for (const group of targets) group?.rules.push({ allow: key === 'allow', pattern: value });
  }
  return finished(groups.ours.isNamed ? groups.ours : groups.everybodys);
}

interface Group {
  readonly rules: RobotsRule[];
  readonly delays: number[];
  isNamed: boolean;
}

const emptyGroup = (): Group => ({ rules: [], delays: [], isNamed: false });

function finished({ rules, delays }: Group): RobotsRules {
  const asked = delays.filter((seconds) => Number.isFinite(seconds) && seconds > 0);
  return { rules, crawlDelay: asked.length > 0 ? Math.max(...asked) : null };
}

function* linesOf(file: Uint8Array): Generator<{ readonly key: string; readonly value: string }> {
  const isCut = file.byteLength > mostBytes;
  const text = new TextDecoder().decode(isCut ? file.subarray(0, mostBytes) : file); // drops a byte order mark
  const lines = text.split(/\r\n|\r|\n/);
  if (isCut) lines.pop(); // half a line may say the opposite of the whole one
  for (const line of lines) {
    const content = line.split('#', 1)[0] ?? '';
    const colon = content.indexOf(':');
    if (colon < 0) continue;
    yield { key: content.slice(0, colon).trim().toLowerCase(), value: content.slice(colon + 1).trim() };
  }
}
