import { dockerfileBases } from '../../images/dockerfile-bases.ts';
import { imageReference } from '../../images/image-reference.ts';
import { type FoundPackage, packageUrl, present } from './found-package.ts';

/** A Dockerfile: the images that it is built on. */
export const dockerPackages = (text: string): FoundPackage[] =>
  dockerfileBases(text)
    .images.map((name) => {
      const reference = imageReference(name);
      if (!reference) return null;
      const words = reference.name.split('/');
      const isHub = reference.host === 'registry-1.docker.io';
      return packageUrl('docker', words.at(-1) ?? '', {
        namespace: words.slice(0, -1).join('/') || null,
        version: reference.reference,
        qualifiers: isHub ? null : { repository_url: reference.host },
      });
    })
    .filter(present);
