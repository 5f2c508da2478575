import { PackageURL } from 'packageurl-js';
import { DomainError } from '../errors/domain-error.ts';

export interface ExternalReference {
  /** As it is kept: canonical, so that two spellings of one thing are one. */
  readonly ref: string;
  /** The same without version, qualifiers and subpath: what a question about all of its versions names. */
  readonly name: string;
}

export type ExternalKind = 'package' | 'service' | 'doi';

/**
 * What is outside, by the name that it has there: a package by its package URL (https://github.com/package-url/purl-spec), a service
 * by its address, a work by its DOI. Throws DomainError invalid for what is none.
 */
export const externalReference: Readonly<Record<ExternalKind, (text: string) => ExternalReference>> = {
  package(text) {
    try {
      const url = PackageURL.fromString(text);
      const { type, namespace, name } = url;
      return { ref: url.toString(), name: new PackageURL(type, namespace, name, null, null, null).toString() };
    } catch (cause) {
      throw invalid('package', 'is no package URL, as pkg:npm/left-pad@1.3.0', cause);
    }
  },
  service(text) {
    const url = URL.parse(text);
    if (!url || !/^https?:$/.test(url.protocol)) throw invalid('service', 'is no address of http or https');
    if (url.username || url.password)
      throw invalid('service', 'has a name or password in it, which everybody would read');
    return { ref: url.href, name: url.origin };
  },
  doi(text) {
    const [, doi] = /^(?:doi:|https?:\/\/(?:dx\.)?doi\.org\/)?(10\.\d{4,9}\/\S+)$/i.exec(text.trim()) ?? [];
    if (doi === undefined) throw invalid('doi', 'is no DOI, as 10.5281/zenodo.1234');
    const ref = doi.toLowerCase(); // DOIs do not tell cases apart (ISO 26324)
    return { ref, name: ref };
  },
};

const invalid = (kind: ExternalKind, reason: string, cause?: unknown): DomainError =>
  new DomainError('invalid', `${kind}: ${reason}`, { kind }, { cause });
