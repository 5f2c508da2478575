export interface ImageReference {
  /** Where it is asked for, with a port. */
  readonly host: string;
  /** Its name there. */
  readonly name: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** As programs write it in full: docker.io/library/python:3.12. */
  readonly full: string;
}

const part = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;

/**
 * An image as a Dockerfile names it, with what is left out there filled in as Docker does
 * (https://github.com/distribution/reference); null for what names none.
 */
export function imageReference(text: string): ImageReference | null {
  const [, rest = '', digest] = /^([^@]*)(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? [];
  const [, path = '', tag] = /^(.*?)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?$/.exec(rest) ?? [];
  const words = path.split('/');
  const [first = ''] = words;
  const hasHost = words.length > 1 && (/[.:]/.test(first) || first === 'localhost');
  const names = hasHost ? words.slice(1) : words;
  if (!names.every((name) => part.test(name)) || path.length > 255) return null;
  const host = hasHost ? first : 'docker.io';
  if (!/^[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(host)) return null;
  const name = (host === 'docker.io' && names.length === 1 ? ['library', ...names] : names).join('/');
  const reference = digest ?? tag ?? 'latest';
  return {
    host: host === 'docker.io' ? 'registry-1.docker.io' : host,
    name,
    reference,
    full: `${host}/${name}${digest ? `@${digest}` : `:${reference}`}`,
  };
}
