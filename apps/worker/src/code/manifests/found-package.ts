import { PackageURL } from 'packageurl-js';

/** A package that a manifest names, as a package URL. */
export type FoundPackage = string;

/** Null for a name that no package of its kind can have: what a manifest says is anybody's text. */
export function packageUrl(
  type: string,
  name: string,
  {
    namespace = null,
    version = null,
    qualifiers = null,
  }: {
    readonly namespace?: string | null;
    readonly version?: string | null;
    readonly qualifiers?: Record<string, string> | null;
  } = {},
): FoundPackage | null {
  if (name.length > 300 || (namespace?.length ?? 0) > 300 || (version?.length ?? 0) > 200) return null;
  try {
    const text = new PackageURL(type, namespace, name, version, qualifiers, null).toString();
    PackageURL.fromString(text); // and back: what is kept can be read again
    return text;
  } catch {
    return null;
  }
}

export const present = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;
