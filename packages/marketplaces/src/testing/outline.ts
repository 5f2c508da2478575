import type { ReadPlugin } from '../connector.ts';

/**
 * Facts to compare with what a page says. Fields without a value are left out; a description is told by how it begins, its
 * length and how it ends, so that a test does not repeat somebody's text; and a developer by first letters and lengths,
 * since it may be a person.
 */
export function outlineOf({ facts }: ReadPlugin): Readonly<Record<string, unknown>> {
  const { description, developer, ...rest } = facts;
  const given = Object.entries(rest).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(given),
    ...(description === null
      ? {}
      : { description: `${description.slice(0, 24)}…${description.length}…${description.slice(-12)}` }),
    ...(developer === null
      ? {}
      : {
          developer: [developer.name, developer.publisherId, developer.website].map(
            (text) => text && `${text.slice(0, 1)}…${text.length}`,
          ),
        }),
  };
}
