import type { ReadPlugin } from '@granary/marketplaces';
import { type FieldAlarm, type FieldHealth, fewestPages } from '@granary/marketplaces';

/** Without these a snapshot says little; where a page had them and has them no more, the page is doubted and not the plugin. */
const keyFields = ['name', 'developer', 'users', 'version', 'ratingCount', 'updatedAt'] as const;

interface Judged {
  readonly trusted: readonly ReadPlugin[];
  readonly heldBack: readonly ReadPlugin[];
}

/**
 * Sets apart readings that are more likely a page that was not understood than a plugin that changed: one without a name, one that
 * lacks half of what practically every page of the source held, and one that lacks a key field for which the alarm is on.
 * Their capture stays, to be read again by a better parser.
 */
export function judge(plugins: readonly ReadPlugin[], before: FieldHealth, alarms: readonly FieldAlarm[]): Judged {
  const established = Object.entries(before)
    .filter(([, { pages, read }]) => pages >= fewestPages && read >= pages * 0.95)
    .map(([field]) => field);
  const lost = new Set(alarms.filter(({ kind }) => kind === 'lost').map(({ field }) => field));
  const isDoubtful = ({ facts, origins }: ReadPlugin): boolean => {
    if (facts.availability.state !== 'available') return false;
    if (facts.name === null || facts.name.trim() === '') return true;
    const has = new Set(Object.entries(origins).flatMap(([field, origin]) => (origin === null ? [] : [field])));
    const missing = established.filter((field) => !has.has(field));
    return (
      (established.length > 1 && missing.length * 2 >= established.length) ||
      keyFields.some((field) => lost.has(field) && !has.has(field))
    );
  };
  return { trusted: plugins.filter((each) => !isDoubtful(each)), heldBack: plugins.filter(isDoubtful) };
}
